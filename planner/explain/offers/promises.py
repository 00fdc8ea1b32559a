"""Promises: which reservations and holds would have to be called off."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial

from planner.explain.explanation import Change, CounterOffer
from planner.explain.horizon import Promised
from planner.explain.offers.fewest import needed, spared
from planner.explain.offers.refusal import Refusal, Trial
from planner.plans.words import joined


def called_off(refusal: Refusal) -> Iterator[CounterOffer]:
    """The fewest of those that may be named, the least first: what can stand after all does."""
    promises = refusal.horizon.promises
    if not promises or not any(fact.kind == "room" for fact in refusal.facts):
        return
    attempt = partial(_without, refusal)
    found = needed(refusal, promises, attempt)
    if found is not None:
        yield _told(refusal, *spared(refusal, *found, attempt))


def _without(refusal: Refusal, promises: Sequence[Promised]) -> Trial | None:
    without = refusal.horizon.without
    assert without is not None
    snapshot = without([promise.id for promise in promises])
    return replace(refusal, snapshot=snapshot).attempt(refusal.applications)


def _told(refusal: Refusal, promises: Sequence[Promised], trial: Trial, least: bool) -> CounterOffer:
    changes = [Change(subject=each.name, field="state", found="active", offered="cancelled") for each in promises]
    told = joined([f"{each.name} ({each.told})" for each in promises], most=3)
    return refusal.offer(trial, "release", f"call off {told}", changes, least)
