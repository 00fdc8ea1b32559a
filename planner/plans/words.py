"""Counts, lists, places and times as people write them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from planner.manifests.demand import Users


def many(count: int, noun: str) -> str:
    """`1 city`, `2 cities`, `1,000 servers`."""
    plural = f"{noun[:-1]}ies" if noun.endswith("y") else f"{noun}s"
    return f"{count:,} {noun if count == 1 else plural}"


def joined(names: Sequence[str], last: str = "and", most: int = 3) -> str:
    """`a`, `a and b`, `a, b and c`, `a, b, c and 4 more`."""
    shown = list(names) if len(names) <= most else [*names[:most], f"{len(names) - most:,} more"]
    return f"{', '.join(shown[:-1])} {last} {shown[-1]}" if len(shown) > 1 else "".join(shown)


def place(attributes: Mapping[str, Sequence[str]], last: str = "or") -> str:
    """`province Guangdong, carrier telecom or unicom`."""
    return ", ".join(f"{key} {joined(values, last)}" for key, values in attributes.items())


def whom(users: Users) -> str:
    """`province Guangdong, carrier telecom and unicom`; all of them count."""
    point = {"latitude": users.latitude, "longitude": users.longitude}
    degrees = {key: [f"{value:g}"] for key, value in point.items() if value is not None}
    return place({**degrees, **users.attributes}, "and")


def milliseconds(value: float) -> str:
    """`40 ms`, `43.3 ms`: rounded up, so that what is too long looks so."""
    return f"{math.ceil(round(value * 10, 2)) / 10:,g} ms"
