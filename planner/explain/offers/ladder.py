"""Ladder: ever larger changes of one thing; the lowest rung with which everything fits is found by halving."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from planner.explain.explanation import Change, CounterOffer
from planner.explain.offers.fewest import lowest
from planner.explain.offers.refusal import Refusal, Trial
from planner.manifests.application import Application

Steps = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Rung:
    """application: with the change."""

    application: Application
    change: Change
    message: str


@dataclass(frozen=True, slots=True)
class Ladder:
    """rungs: each leaves at least the ways that the one before leaves. They are made when they are tried; None: no such
    application can be asked for."""

    kind: str
    rungs: Sequence[Callable[[], Rung | None]]


def climbed(refusal: Refusal, ladder: Ladder) -> Iterator[CounterOffer]:
    """The lowest rung that is found to fit, if the highest does."""
    rungs = ladder.rungs
    if not rungs:
        return
    found: dict[int, tuple[Rung, Trial]] = {}
    impossible: set[int] = set()

    def fits(row: int) -> bool:
        rung = rungs[row]()
        trial = refusal.attempt(refusal.with_changed(rung.application)) if rung is not None else None
        if rung is None or (trial is not None and trial.fits is False):
            impossible.add(row)
        elif trial is not None and trial.fits:
            found[row] = rung, trial
        return row in found

    if not fits(len(rungs) - 1):
        return
    high = lowest(-1, len(rungs) - 1, fits)
    rung, trial = found[high]
    least = refusal.conflict.proven if high == 0 else high - 1 in impossible
    yield refusal.offer(trial, ladder.kind, rung.message, [rung.change], least, rung.application)


def changed(application: Application, path: Steps, value: Any) -> Application | None:
    """The application with another value at the path (without one, when the value is None); None when no such
    application can be asked for."""
    data = application.model_dump(mode="json", by_alias=True, exclude_none=True)
    inner: Any = data["spec"]
    for step in path[:-1]:
        inner = inner[step]
    if value is None:
        del inner[path[-1]]
    else:
        inner[path[-1]] = value
    try:
        return Application.model_validate(data)
    except ValidationError:
        return None
