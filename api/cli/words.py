"""Numbers as people read them."""

from __future__ import annotations


def percent(part: float) -> str:
    """`0 %`, `0.03 %`, `12 %`: two digits that count, and never 0 for something that is not."""
    share = 100 * part
    if share == 0:
        return "0 %"
    return f"{share:.0f} %" if share >= 10 else f"{share:.1f} %" if share >= 1 else f"{max(share, 0.01):.2f} %"


def duration(seconds: float) -> str:
    return f"{seconds:.1f} s" if seconds >= 1 else f"{1000 * seconds:.0f} ms"
