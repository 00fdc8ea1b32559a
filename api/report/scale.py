"""Scales: where a value is in a picture, and the round numbers beside it."""

from __future__ import annotations

from dataclasses import dataclass
from math import floor, log10

BINS = 6


@dataclass(frozen=True, slots=True)
class Scale:
    """From values to pixels, linear."""

    least: float
    most: float
    start: float
    stop: float

    def at(self, value: float) -> float:
        span = self.most - self.least
        part = (value - self.least) / span if span else 0.5
        return round(self.start + part * (self.stop - self.start), 1)

    def ticks(self, count: int = 5) -> list[tuple[float, str]]:
        """(pixels, label) at round values between the ends."""
        span = self.most - self.least
        if span <= 0:
            return [(self.at(self.least), label(self.least))]
        step = 10 ** floor(log10(span / count))
        step *= next(each for each in (1, 2, 5, 10) if span / (step * each) <= count)
        first = -floor(-self.least / step)
        digits = max(-floor(log10(step) + 1e-9), 0)
        values = [n * step for n in range(first, floor(self.most / step + 1e-9) + 1)]
        return [(self.at(each), f"{each:,.{digits}f}" if digits else label(each)) for each in values]


def label(value: float) -> str:
    """`0`, `0.25`, `1,200`, `3.4 M`."""
    if abs(value) >= 1e6:
        return f"{value / 1e6:.3g} M"
    return f"{value:,.0f}" if abs(value) >= 10 or value == int(value) else f"{value:.3g}"


def bin_of(part: float) -> int:
    """0 to BINS - 1, of a part between 0 and 1."""
    return max(0, min(BINS - 1, int(part * BINS)))
