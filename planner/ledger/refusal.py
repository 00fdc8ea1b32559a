"""Refusal: at once, typed, with what is missing, when it would fit, and what was tried and helps."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np

from planner.inventory.calendar import in_slices
from planner.inventory.snapshot import Snapshot
from planner.ledger.decide import Decision, Window
from planner.ledger.ground import having
from planner.ledger.picture import Picture
from planner.ledger.refused import Explanation, Refused
from planner.manifests.application import Application, Partial
from planner.manifests.instants import FOREVER, told
from planner.manifests.quantities import written
from planner.plans.plan import Plan, SolveOptions
from planner.plans.solve import solve

PROBES = 12
"""Instants that are tried for when it would fit."""


def refusal(picture: Picture, decision: Decision) -> Refused:
    """`capacity.exceeds` when it would not fit with nothing booked at all, else `capacity.waiting`."""
    applications = tuple(map(in_slices, decision.applications))
    window = decision.window
    quick = decision.options.model_copy(update={"time_limit": min(decision.options.time_limit, 2.0)})
    here = picture.view(window.start, window.ends, decision.without)
    fewer = solve(here, [_welcoming_fewer(each) for each in applications], quick)
    missing = _missing(fewer)
    if not missing:  # the children, or what has to be whole, are what does not fit
        missing = _missing(decision.plan)
    fits = sum(row.instances for row in fewer.placements)
    shortfall = _amounts(missing, {each.id: each for each in applications})
    staying = quick.model_copy(update={"moves": 0})
    exceeds = not _complete(_with_nothing_booked(picture), applications, staying)
    when = None if exceeds else _when(picture, decision, quick)
    reasons = tuple(f"{row.application}: {row.reason}" for row in decision.plan.unplaced)
    helps = tuple(_helps(picture, decision, quick, fits, when))
    code = "capacity.exceeds" if exceeds else "capacity.waiting"
    text = f"{amounts_told(shortfall)} missing" + (f"; {reasons[0]}" if reasons else "")
    return Refused(code, text, Explanation(shortfall, fits, when, reasons, helps))


def _with_nothing_booked(picture: Picture) -> Snapshot:
    """And every server online that is not retired."""
    snapshot = picture.snapshot
    servers = snapshot.inventory.servers
    there = np.array([state != "retired" for state in servers.state.values], np.bool_)[servers.state.code]
    return replace(having(snapshot, np.zeros((len(snapshot.used), len(picture.columns)), np.int64)), usable=there)


def amounts_told(shortfall: Mapping[str, int]) -> str:
    """`cpu 3000, memory 6000Gi`."""
    return ", ".join(f"{name} {written(name, amount)}" for name, amount in shortfall.items() if amount)


def _helps(picture: Picture, decision: Decision, options: SolveOptions, fits: int, when: int | None) -> Iterator[str]:
    """Each was tried."""
    if fits:
        yield f"ask for {fits:,} instances: so many fit now"
    if when is not None:
        yield f"ask again for {told(when)}: then all fits, as the books stand"
    starts = [line.start for line in picture.floating if line.start > decision.window.start]
    if starts:
        shorter = Window(decision.window.start, min(starts))
        view = picture.view(shorter.start, shorter.ends, decision.without)
        applications = tuple(map(in_slices, decision.applications))
        if shorter.ends < decision.window.ends and _complete(view, applications, options):
            yield f"end before {told(shorter.ends)}: until then all fits"


def _when(picture: Picture, decision: Decision, options: SolveOptions) -> int | None:
    """The first instant that was found at which all fits for as long as it is wanted; more room comes only at ends."""
    window = decision.window
    ends = sorted({line.ends for line in picture.floating if window.start < line.ends < FOREVER})
    length = window.ends - window.start

    def fits(position: int) -> bool:
        begin = ends[position]
        view = picture.view(begin, FOREVER if window.ends >= FOREVER else begin + length, decision.without)
        return _complete(view, tuple(map(in_slices, decision.applications)), options)

    if not ends or not fits(len(ends) - 1):
        return None
    low, high = 0, len(ends) - 1
    for _ in range(PROBES):
        if low >= high:
            break
        middle = (low + high) // 2
        low, high = (low, middle) if fits(middle) else (middle + 1, high)
    return ends[high]


def _complete(snapshot: Snapshot, applications: Sequence[Application], options: SolveOptions) -> bool:
    return not solve(snapshot, applications, options).unplaced


def _welcoming_fewer(application: Application) -> Application:
    if application.spec.master is not None:
        return application
    spec = application.spec.model_copy(update={"partial": Partial(), "all_or_nothing": "application"})
    return application.model_copy(update={"spec": spec})


def _missing(plan: Plan) -> Counter[str]:
    missing: Counter[str] = Counter()
    for row in plan.unplaced:
        missing[row.application] += row.instances
    return missing


def _amounts(missing: Mapping[str, int], applications: Mapping[str, Application]) -> dict[str, int]:
    total: Counter[str] = Counter()
    for name, instances in missing.items():
        for resource, amount in applications[name].spec.resources.items() if name in applications else ():
            total[resource] += instances * amount
    return dict(total)
