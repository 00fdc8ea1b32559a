"""Later: the earliest start from which everything fits, as room becomes free when others end."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import numpy as np

from planner.explain.explanation import Change, CounterOffer
from planner.explain.offers.fewest import lowest
from planner.explain.offers.refusal import Refusal, Trial
from planner.inventory.calendar import clock
from planner.inventory.snapshot import Snapshot
from planner.manifests.application import Application
from planner.manifests.window import FIRST, LAST, Window
from planner.plans.words import joined


@dataclass(frozen=True, slots=True)
class Start:
    """The request, moved to an instant."""

    at: datetime
    snapshot: Snapshot
    applications: tuple[Application, ...]


def later(refusal: Refusal) -> Iterator[CounterOffer]:
    """More room comes only where something ends, so that no start between two ends is better than the first of them."""
    if not any(fact.kind == "room" for fact in refusal.facts):
        return
    horizon = refusal.horizon
    if horizon.since is not None:
        starts = [Start(at, horizon.since(at), refusal.applications) for at in horizon.ends]
        found = _earliest(refusal, starts, monotone=horizon.endless)
    else:
        starts = [Start(at, refusal.snapshot, moved) for at in _ends(refusal) if (moved := _moved(refusal, at))]
        found = _earliest(refusal, starts, monotone=all(_endless(each) for each in refusal.applications))
    if found is not None:
        yield _told(refusal, *found)


def _earliest(refusal: Refusal, starts: Sequence[Start], monotone: bool) -> tuple[Start, Trial, bool] | None:
    """The first start that fits, and whether it is proven that no earlier one does. monotone: what fits at a start
    fits at every later one, so that halving finds the first; else they are tried in order."""
    tried: dict[int, Trial | None] = {}

    def fits(row: int) -> bool:
        start = starts[row]
        tried[row] = replace(refusal, snapshot=start.snapshot).attempt(start.applications)
        trial = tried[row]
        return trial is not None and trial.fits is True

    first = _halved(len(starts), fits) if monotone else next((n for n in range(len(starts)) if fits(n)), None)
    if first is None:
        return None
    trial = tried[first]
    assert trial is not None
    before = [first - 1] if monotone else range(first)
    refuted = [row < 0 or ((earlier := tried.get(row)) is not None and earlier.fits is False) for row in before]
    return starts[first], trial, refusal.conflict.proven and all(refuted)


def _halved(count: int, fits: Callable[[int], bool]) -> int | None:
    return lowest(-1, count - 1, fits) if count and fits(count - 1) else None


def _ends(refusal: Refusal) -> list[datetime]:
    """When the window of something ends that takes room where the request may go."""
    snapshot, problem = refusal.snapshot, refusal.case.question.problem
    useful = np.zeros(problem.nodes, np.bool_)
    for workload in refusal.case.asked:
        useful[problem.allowed[workload]] = True
    since = refusal.case.question.segments.since or FIRST
    return sorted(
        {
            window.end
            for window, (servers, _) in snapshot.load.windows.items()
            if window.end is not None and window.end > since and useful[servers].any()
        }
    )


def _moved(refusal: Refusal, at: datetime) -> tuple[Application, ...] | None:
    """Every application with a time of its own starts then and lasts as long as before; None past the end of time."""
    since = refusal.case.question.segments.since or FIRST
    moved = [_shifted(each, at, since) for each in refusal.applications]
    return None if None in moved else tuple(each for each in moved if each is not None)


def _shifted(application: Application, at: datetime, since: datetime) -> Application | None:
    """A child without a window of its own follows its master's."""
    window = application.spec.window
    if window is None and application.spec.master is not None:
        return application
    length = _length(window, since)
    if length is not None and at + length >= LAST:
        return None
    end = None if length is None else at + length
    changed = {"start": at, "end": end} | ({"daily": window.daily, "time_zone": window.time_zone} if window else {})
    spec = application.spec.model_copy(update={"window": Window(**changed)})
    return application.model_copy(update={"spec": spec})


def _length(window: Window | None, since: datetime) -> timedelta | None:
    if window is None or window.end is None:
        return None
    return window.end - max(window.start or since, since)


def _endless(application: Application) -> bool:
    return application.spec.window is None or application.spec.window.end is None


def _told(refusal: Refusal, start: Start, trial: Trial, least: bool) -> CounterOffer:
    pairs = list(zip(refusal.applications, start.applications, strict=True))
    edited = [(old, new) for old, new in pairs if old != new]
    names = [new.id for _, new in edited] or [each.id for each in refusal.applications]
    field = "spec.window.start" if edited else "start"
    changes = [
        Change(subject=name, field=field, found=_begins(refusal, name), offered=clock(start.at)) for name in names
    ]
    alone = edited[0][1] if len(edited) == 1 else None
    return refusal.offer(trial, "start", f"{joined(names)}: from {clock(start.at)} on", changes, least, alone)


def _begins(refusal: Refusal, name: str) -> str:
    window = next(each for each in refusal.applications if each.id == name).spec.window
    return clock(window.start) if window is not None and window.start is not None else "now"
