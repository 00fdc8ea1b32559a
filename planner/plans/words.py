"""Counts and lists as people write them."""

from __future__ import annotations

from collections.abc import Sequence


def many(count: int, noun: str) -> str:
    """`1 city`, `2 cities`, `1,000 servers`."""
    plural = f"{noun[:-1]}ies" if noun.endswith("y") else f"{noun}s"
    return f"{count:,} {noun if count == 1 else plural}"


def joined(names: Sequence[str], last: str = "and", most: int = 3) -> str:
    """`a`, `a and b`, `a, b and c`, `a, b, c and 4 more`."""
    shown = list(names) if len(names) <= most else [*names[:most], f"{len(names) - most:,} more"]
    return f"{', '.join(shown[:-1])} {last} {shown[-1]}" if len(shown) > 1 else "".join(shown)
