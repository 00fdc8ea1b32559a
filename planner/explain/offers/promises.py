"""Promises: which reservations and holds would have to be called off."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from planner.explain.explanation import Change, CounterOffer
from planner.explain.horizon import Promised
from planner.explain.offers.refusal import Refusal, Trial
from planner.plans.words import joined

FEW = 48
"""So many are tried one by one whether they can stand."""


def called_off(refusal: Refusal) -> Iterator[CounterOffer]:
    """The fewest of those that may be named, the least first: what can stand after all does."""
    promises = refusal.horizon.promises
    if not promises or not any(fact.kind == "room" for fact in refusal.facts):
        return
    trial = _without(refusal, promises)
    if trial is None or not trial.fits:
        return
    low, high = 0, len(promises)
    while high - low > 1 and refusal.left() > 0:
        middle = (low + high) // 2
        attempt = _without(refusal, promises[:middle])
        fits = attempt is not None and attempt.fits is True
        low, high = (low, middle) if fits else (middle, high)
        trial = attempt if attempt is not None and fits else trial
    kept, needed = list(promises[:high]), high <= FEW
    for promise in kept[:FEW]:
        rest = [each for each in kept if each is not promise]
        attempt = _without(refusal, rest) if rest else None
        if attempt is not None and attempt.fits:
            kept, trial = rest, attempt
        needed &= not rest or (attempt is not None and attempt.fits is not None)
    yield _told(refusal, kept, trial, needed and refusal.left() > 0)


def _without(refusal: Refusal, promises: Sequence[Promised]) -> Trial | None:
    without = refusal.horizon.without
    assert without is not None
    snapshot = without([promise.id for promise in promises])
    return replace(refusal, snapshot=snapshot).attempt(refusal.applications)


def _told(refusal: Refusal, promises: Sequence[Promised], trial: Trial, least: bool) -> CounterOffer:
    changes = [Change(subject=each.name, field="state", found="active", offered="cancelled") for each in promises]
    told = joined([f"{each.name} ({each.told})" for each in promises], most=3)
    return refusal.offer(trial, "release", f"call off {told}", changes, least)
