"""Looser rules: for each rule of a conflict, the smallest change of it alone that makes the request fit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from math import floor

from planner.explain.explanation import Change, CounterOffer
from planner.explain.offers.ladder import Ladder, Rung, Steps, changed, climbed
from planner.explain.offers.refusal import Refusal
from planner.inventory.snapshot import LEVELS
from planner.manifests.application import Application
from planner.manifests.errors import spelled

NESTED = LEVELS[:6]
MOST_RUNGS = 4096


def looser_rules(refusal: Refusal) -> Iterator[CounterOffer]:
    kinds = refusal.kinds()
    if "demand" in kinds:
        kinds.add("instancesPerSite")
    for application in refusal.applications:
        for ladder in _ladders(application):
            if ladder.kind in kinds:
                yield from climbed(refusal, ladder)


def _ladders(application: Application) -> Iterator[Ladder]:
    yield from _spreads(application)
    yield from _survivals(application)
    yield from _togethers(application)
    yield from _aparts(application)
    yield from _masters(application)
    yield from _per_site(application)


def _spreads(application: Application) -> Iterator[Ladder]:
    total = sum(entry.instances or 0 for entry in application.spec.demand) or MOST_RUNGS
    for row, rule in enumerate(application.spec.spread):
        at: Steps = ("spread", row)
        if rule.max_share is not None:
            now = rule.max_share
            shares = [(f"{part}%", f"{part} %") for part in range(floor(100 * now + 1e-9) + 1, 101)]
            told = f"up to {{}} of it in one {rule.over} instead of {100 * now:g} %"
            yield _ladder("spread.maxShare", application, (*at, "maxShare"), f"{100 * now:g} %", shares, told)
        if rule.max_instances is not None:
            most = rule.max_instances
            counts = [(n, f"{n:,}") for n in range(most + 1, min(total, most + MOST_RUNGS) + 1)]
            told = f"up to {{}} instances {_in(rule.over)} one {rule.over} instead of {most:,}"
            yield _ladder("spread.maxInstances", application, (*at, "maxInstances"), f"{most:,}", counts, told)
        if rule.min_domains is not None:
            least = rule.min_domains
            counts = [(n, f"{n:,}") for n in range(least - 1, 0, -1)]
            told = f"in at least {{}} {_plural(rule.over)} instead of {least:,}"
            yield _ladder("spread.minDomains", application, (*at, "minDomains"), f"{least:,}", counts, told)


def _survivals(application: Application) -> Iterator[Ladder]:
    for row, rule in enumerate(application.spec.survives):
        path: Steps = ("survives", row, "keep")
        after = f"after losing {f'a {rule.loss_of}' if rule.count == 1 else f'{rule.count} {_plural(rule.loss_of)}'}"
        if isinstance(rule.keep, int):
            counts = [(n, f"{n:,}") for n in range(rule.keep - 1, 0, -1)][:MOST_RUNGS]
            yield _ladder(
                "survives", application, path, f"{rule.keep:,}", counts, f"keep {{}} {after} instead of {rule.keep:,}"
            )
        else:
            shares = [(f"{part}%", f"{part} %") for part in range(-floor(-100 * rule.keep + 1e-9) - 1, 0, -1)]
            now = f"{100 * rule.keep:g} %"
            yield _ladder("survives", application, path, now, shares, f"keep {{}} {after} instead of {now}")


def _togethers(application: Application) -> Iterator[Ladder]:
    for row, rule in enumerate(application.spec.together):
        if rule.at in NESTED:
            wider = [(level, level) for level in NESTED[NESTED.index(rule.at) + 1 :]]
            told = f"all of it in one {{}} instead of one {rule.at}"
            yield _ladder("together", application, ("together", row, "at"), rule.at, wider, told)


def _aparts(application: Application) -> Iterator[Ladder]:
    for row, rule in enumerate(application.spec.apart_from):
        if rule.at in NESTED:
            finer = [(level, level) for level in reversed(NESTED[: NESTED.index(rule.at)])]
            told = f"apart by {{}} instead of by {rule.at}"
            yield _ladder("apartFrom", application, ("apartFrom", row, "at"), rule.at, finer, told)


def _masters(application: Application) -> Iterator[Ladder]:
    """Fewer children."""
    master = application.spec.master
    if master is None:
        return
    if master.ratio is not None:
        ratios = [(n, f"{n:,}") for n in range(master.ratio + 1, master.ratio + MOST_RUNGS)]
        told = f"one for {{}} instances of {master.application} instead of for {master.ratio:,}"
        yield _ladder("master", application, ("master", "ratio"), f"{master.ratio:,}", ratios, told)
    if master.per_site is not None:
        counts = [(n, f"{n:,}") for n in range(master.per_site - 1, 0, -1)]
        told = f"{{}} in each site instead of {master.per_site:,}"
        yield _ladder("master", application, ("master", "perSite"), f"{master.per_site:,}", counts, told)


def _per_site(application: Application) -> Iterator[Ladder]:
    for row, entry in enumerate(application.spec.demand):
        if entry.instances_per_site is not None:
            now = entry.instances_per_site
            counts = [(n, f"{n:,}") for n in range(now - 1, 0, -1)]
            told = f"{{}} in each site instead of {now:,}"
            path: Steps = ("demand", row, "instancesPerSite")
            yield _ladder("instancesPerSite", application, path, f"{now:,}", counts, told)


def _ladder(
    kind: str, application: Application, path: Steps, found: str, values: Sequence[tuple[object, str]], told: str
) -> Ladder:
    """values: what to write, and how it is told, from the smallest change to the largest."""
    field = spelled(("spec", *path))

    def rung(value: object, words: str) -> Rung | None:
        edited = changed(application, path, value)
        change = Change(subject=application.id, field=field, found=found, offered=words)
        return Rung(edited, change, f"{application.id}: {told.format(words)}") if edited else None

    return Ladder(kind, [partial(rung, *each) for each in values])


def _in(level: str) -> str:
    return "on" if level == "server" else "in"


def _plural(level: str) -> str:
    return f"{level[:-1]}ies" if level.endswith("y") else f"{level}s"
