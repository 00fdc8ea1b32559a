"""Decide: applications on the books, as their tenant may see them, to a refereed plan that can be booked."""

from __future__ import annotations

import json
from collections import ChainMap
from collections.abc import Mapping, MutableMapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from importlib.metadata import version
from typing import Any, cast

from planner.formulate.participants import participants
from planner.inventory.calendar import in_slices
from planner.inventory.snapshot import Snapshot
from planner.ledger.consume import Consumed, Promise, consume, promises
from planner.ledger.entries import Line
from planner.ledger.lifetime import ends_of, starts_of
from planner.ledger.lines import lines_of, moves_of
from planner.ledger.picture import Picture
from planner.manifests.application import Application
from planner.manifests.errors import InputProblem, InvalidInput
from planner.manifests.instants import FOREVER, told
from planner.plans.plan import Plan, SolveOptions
from planner.plans.solve import Show, solve

VERSION = version("bayplan")


@dataclass(frozen=True, slots=True)
class Window:
    """From `start` on and before `ends`, in milliseconds."""

    start: int
    ends: int = FOREVER


@dataclass(frozen=True, slots=True)
class Decision:
    """A plan, with everything it was made of. at: when. window: that its room is wanted for; without: lines that took
    nothing on its snapshot, for they are the tenant's own promises. promises: they. named: applications whose change
    would make it stale. after: plans that were taken on its snapshot already, for they were booked just before."""

    at: int
    actor: str
    generation: int
    applications: tuple[Application, ...]
    options: SolveOptions
    window: Window
    without: tuple[int, ...]
    promises: tuple[Promise, ...]
    named: frozenset[str]
    plan: Plan
    after: tuple[str, ...] = ()

    @property
    def complete(self) -> bool:
        """Nothing is left out that was asked for, except where fewer are welcome."""
        partial = {each.id for each in self.applications if each.spec.partial is not None}
        placed = {row.application for row in self.plan.placements}
        return all(row.application in partial & placed for row in self.plan.unplaced)

    def manifests(self, picture: Picture) -> Mapping[str, Application]:
        """Of the applications, and of what runs: tens of thousands, of which only a few are looked at."""
        every = cast("MutableMapping[str, Application]", picture.snapshot.applications)
        return ChainMap({each.id: each for each in self.applications}, every)

    def request(self) -> str:
        """JSON: what the same plan can be made of again."""
        content: dict[str, Any] = {
            "applications": [each.model_dump(by_alias=True, exclude_defaults=True) for each in self.applications],
            "options": self.options.model_dump(by_alias=True, mode="json"),
            "window": [self.window.start, self.window.ends],
            "without": list(self.without),
        }
        if self.after:
            content["after"] = list(self.after)
        return json.dumps(content, ensure_ascii=False, separators=(",", ":"))


def decide(
    picture: Picture,
    applications: Sequence[Application],
    options: SolveOptions,
    now: int,
    actor: str,
    *,
    window: Window | None = None,
    uses: bool = True,
    without: Sequence[int] = (),
    show: Show | None = None,
) -> Decision:
    """The best plan on what the tenant may use: free room and, with `uses`, its own promises, as long as the books
    would be sound afterwards. window: other than what the applications say. Raises InvalidInput."""
    window = window or lifetime(applications, now, moves=options.moves > 0)
    own = own_promises(picture, applications, window) if uses else []
    bulk = [each for each in own if each.reservation.spec.applications is None]
    tries = [tuple(own), tuple(bulk), ()] if bulk and bulk != own else [tuple(own), ()] if own else [()]
    for used in tries:
        decision = _decide(picture, applications, options, now, actor, window, used, without, show)
        if used and (not decision.complete or not _sound(picture, decision, now)):
            continue
        break
    if decision.plan.moves and not _sound(picture, decision, now):
        staying = options.model_copy(update={"moves": 0})
        return decide(picture, applications, staying, now, actor, window=window, uses=uses, without=without, show=show)
    return decision


def _decide(
    picture: Picture,
    applications: Sequence[Application],
    options: SolveOptions,
    now: int,
    actor: str,
    window: Window,
    used: tuple[Promise, ...],
    without: Sequence[int],
    show: Show | None,
) -> Decision:
    lines = (*without, *(line.id for promise in used for line in promise.lines))
    snapshot = picture.view(window.start, window.ends, lines)
    always = options.model_copy(update={"at": None})  # what is over is not in the books any more
    plan = solve(snapshot, [in_slices(each) for each in applications], always, show)
    decision = Decision(
        at=now,
        actor=actor,
        generation=picture.generation,
        applications=tuple(applications),
        options=options,
        window=window,
        without=lines,
        promises=used,
        named=frozenset(_named(snapshot, applications, plan)),
        plan=plan,
    )
    return _renamed(decision)


def _named(snapshot: Snapshot, applications: Sequence[Application], plan: Plan) -> set[str]:
    """The applications, those that move, and all that rules tie to them."""
    moving = [snapshot.applications[name] for name in dict.fromkeys(row.application for row in plan.moves)]
    every = {each.id: each for each in (*moving, *applications)}
    if any(each.spec.group or each.spec.apart_from or each.spec.master for each in every.values()):
        return set(participants(snapshot, applications, running=[each.id for each in moving])) | every.keys()
    return set(every)


def lifetime(applications: Sequence[Application], now: int, *, moves: bool = False) -> Window:
    """From when the first of them starts until the last ends; for ever when others may move, who stay.

    Raises InvalidInput when one has ended already."""
    every = {each.id: each for each in applications}
    starts = [starts_of(each, now, every) for each in applications]
    ends = [ends_of(each, now, every) for each in applications]
    problems = [
        InputProblem(
            "request", None, f"applications[{row}].spec.end", f"{told(end)}", f"an instant after {told(start)}"
        )
        for row, (start, end) in enumerate(zip(starts, ends, strict=True))
        if end <= start
    ]
    if problems:
        raise InvalidInput(problems)
    return Window(now, FOREVER) if moves else Window(min(starts, default=now), max(ends, default=FOREVER))


def consumed(picture: Picture, decision: Decision, placed: Sequence[Line], now: int) -> Consumed:
    return consume(picture, decision.promises, decision.manifests(picture), placed, now)


def _sound(picture: Picture, decision: Decision, now: int) -> bool:
    moved = moves_of(picture, decision, now)
    placed = lines_of(picture, decision, "", "allocation")
    gone = consumed(picture, decision, placed, now)
    return picture.fits([*placed, *gone.again, *moved.again], [*gone.freed, *moved.freed], now)


def own_promises(picture: Picture, applications: Sequence[Application], window: Window) -> list[Promise]:
    """Those that a request may use, in the order in which it does; none for one of several tenants."""
    one_tenant = len({each.metadata.namespace for each in applications}) == 1
    return promises(picture, applications, window.start, window.ends) if one_tenant else []


def _renamed(decision: Decision) -> Decision:
    """The same plan for another request is another decision."""
    text = f"{decision.plan.plan} {decision.request()}"
    name = blake2b(text.encode(), digest_size=6).hexdigest()
    return Decision(
        **{field: getattr(decision, field) for field in Decision.__slots__ if field != "plan"},
        plan=decision.plan.model_copy(update={"plan": name}),
    )
