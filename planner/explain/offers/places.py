"""Other places: neighbours by distance, one more carrier, users farther away, or a capability less."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np

from planner.explain.explanation import Change, CounterOffer
from planner.explain.offers.ladder import Ladder, Rung, Steps, changed, climbed
from planner.explain.offers.refusal import Refusal
from planner.inventory.inventory import Sites
from planner.inventory.latency import farthest, round_trip
from planner.manifests.application import Application
from planner.manifests.errors import spelled
from planner.plans.words import joined, milliseconds, whom

NEIGHBOURS = 8
MOST = 32
"""Neighbours taken together."""
RUNGS = 1000


def other_places(refusal: Refusal) -> Iterator[CounterOffer]:
    fields = {(fact.subject, fact.field) for fact in refusal.facts if fact.field}
    for application in refusal.applications:
        for path in sorted(field for subject, field in fields if subject == application.id):
            yield from _widened(refusal, application, path)


def _widened(refusal: Refusal, application: Application, field: str) -> Iterator[CounterOffer]:
    for row, entry in enumerate(application.spec.demand):
        for key in entry.where:
            if field == spelled(("spec", "demand", row, "where", key)):
                yield from _more(refusal, application, row, key)
        if entry.within and field == spelled(("spec", "demand", row, "within")):
            yield from climbed(refusal, _farther(refusal, application, row))
    for name, values in (("requires", application.spec.requires), ("forbids", application.spec.forbids)):
        for row, value in enumerate(values):
            if field == spelled(("spec", name, row)):
                yield from climbed(refusal, _without(application, name, row, value))
    if field == "spec.numaCells" and application.spec.numa_cells:
        edited = changed(application, ("numaCells",), None)
        told = f"{application.id}: in one NUMA cell or none instead of {application.spec.numa_cells}"
        yield from climbed(
            refusal,
            _one("numaCells", application, "spec.numaCells", edited, told, str(application.spec.numa_cells), "none"),
        )


def _more(refusal: Refusal, application: Application, row: int, key: str) -> Iterator[CounterOffer]:
    """One more value: the first of the nearest with which it fits (carriers: the one that costs least); else so many of
    the nearest as it takes."""
    sites = refusal.snapshot.inventory.sites
    given = application.spec.demand[row].where[key]
    others = nearest(sites, key, given)
    singles = [rung for other, _ in others[:NEIGHBOURS] if (rung := _with(application, row, key, [other], others))]
    found, least = [], True
    for rung in singles:
        trial = refusal.attempt(refusal.with_changed(rung.application))
        if trial is not None and trial.fits:
            found.append(refusal.offer(trial, "where", rung.message, [rung.change], least, rung.application))
            if key != "carrier":
                break
        elif key != "carrier":
            least &= trial is not None and trial.fits is False
    if found:
        yield min(found, key=lambda offer: offer.cost)
        return
    names = [other for other, _ in others]
    wider = (names[:many] for many in range(2, min(len(names), MOST) + 1))
    yield from climbed(
        refusal, Ladder("where", [partial(_with, application, row, key, each, others) for each in wider])
    )


def _with(
    application: Application, row: int, key: str, more: list[str], others: list[tuple[str, float]]
) -> Rung | None:
    given = application.spec.demand[row].where[key]
    path: Steps = ("demand", row, "where", key)
    edited = changed(application, path, [*given, *more])
    if edited is None:
        return None
    far = dict(others)[more[-1]]
    distance = f", {far:,.0f} km away" if np.isfinite(far) and key != "carrier" else ""
    change = Change(
        subject=application.id,
        field=spelled(("spec", *path)),
        found=joined(given),
        offered=joined([*given, *more], most=8),
    )
    return Rung(edited, change, f"{application.id}: in {key} {joined(more, most=8)} too{distance}")


def nearest(sites: Sites, key: str, given: list[str]) -> list[tuple[str, float]]:
    """(value, kilometres between the middles of its sites and of those that are given), the nearest first."""
    position = np.stack([sites.latitude, sites.longitude], axis=1)
    column = sites.name if key == "site" else sites.attributes[key].values if key in sites.attributes else ()
    values = sorted({part for value in column for part in value.split(";") if part} - set(given))
    home = _middle(position[sites.having(key, given)])
    found = []
    for value in values:
        middle = _middle(position[sites.having(key, [value])])
        far = np.inf if home is None or middle is None else float(farthest(middle[None, :], home[None, :])[0])
        found.append((value, far))
    return sorted(found, key=lambda each: (each[1], each[0]))


def _middle(positions: np.ndarray) -> np.ndarray | None:
    known = positions[~np.isnan(positions).any(axis=1)]
    return known.mean(axis=0) if len(known) else None


def _farther(refusal: Refusal, application: Application, row: int) -> Ladder:
    """Bounds at which one more site comes in reach."""
    within = application.spec.demand[row].within
    assert within is not None
    known = round_trip(refusal.snapshot.inventory.sites, within.of)
    bounds = np.unique(np.ceil(known[np.isfinite(known) & (known > within.latency_ms)] * 10) / 10)
    path: Steps = ("demand", row, "within", "latencyMs")
    now, of = milliseconds(within.latency_ms), whom(within.of)

    def rung(bound: float) -> Rung | None:
        edited, then = changed(application, path, bound), milliseconds(bound)
        change = Change(subject=application.id, field=spelled(("spec", *path)), found=now, offered=then)
        return Rung(edited, change, f"{application.id}: within {then} of {of} instead of {now}") if edited else None

    return Ladder("within", [partial(rung, bound) for bound in bounds[:RUNGS].tolist()])


def _without(application: Application, name: str, row: int, value: str) -> Ladder:
    rest = [each for each in getattr(application.spec, name) if each != value]
    edited = changed(application, (name,), rest)
    told = f"{application.id}: without {'requiring' if name == 'requires' else 'forbidding'} {value}"
    return _one(name, application, spelled(("spec", name, row)), edited, told, value, "none")


def _one(
    kind: str, application: Application, field: str, edited: Application | None, told: str, found: str, offered: str
) -> Ladder:
    change = Change(subject=application.id, field=field, found=found, offered=offered)
    return Ladder(kind, [lambda: Rung(edited, change, told)] if edited else [])
