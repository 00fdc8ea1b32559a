"""Fewest: of changes in order, how many are needed, and which of these after all not."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from planner.explain.offers.refusal import Refusal, Trial

Item = TypeVar("Item")
FEW = 48
"""So many are tried one by one whether they can be spared."""


def lowest(low: int, high: int, fits: Callable[[int], bool]) -> int:
    """The lowest of `low + 1` to `high` that fits, where `high` does, by halving: what fits is fitted by all above."""
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if fits(middle) else (middle, high)
    return high


def needed(
    refusal: Refusal, items: Sequence[Item], attempt: Callable[[Sequence[Item]], Trial | None]
) -> tuple[list[Item], Trial] | None:
    """The first so many with which it fits, and the plan; None when not even all of them are enough."""
    trial = attempt(items)
    if trial is None or not trial.fits:
        return None
    found = {len(items): trial}

    def fits(count: int) -> bool:
        tried = attempt(items[:count]) if refusal.left() > 0 else None
        if tried is not None and tried.fits:
            found[count] = tried
        return count in found

    count = lowest(0, len(items), fits)
    return list(items[:count]), found[count]


def spared(
    refusal: Refusal, items: Sequence[Item], trial: Trial, attempt: Callable[[Sequence[Item]], Trial | None]
) -> tuple[list[Item], Trial, bool]:
    """Without those that are not needed after all; True when each of the others is proven to be. trial: with all."""
    kept, proven = list(items), len(items) <= FEW
    for item in items[:FEW]:
        if len(kept) > 1 and refusal.left() > 0:
            rest = [each for each in kept if each is not item]
            tried = attempt(rest)
            if tried is not None and tried.fits:
                kept, trial = rest, tried
            proven &= tried is not None and tried.fits is not None
    return kept, trial, proven and refusal.left() > 0
