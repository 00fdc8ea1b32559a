"""Replan: what a scenario asks to be planned, as a question that the ordinary solver answers and the referee checks.

`failover` asks for what was lost and for nothing else. Where no rule looks at what stays, what stays is left out
of the question: its room is gone from the snapshot anyway, and a question without it is a hundred times smaller.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain

from planner.inventory.snapshot import Snapshot
from planner.inventory.world import Allocation
from planner.manifests.application import Application, Partial
from planner.manifests.demand import Demand
from planner.plans.check import check
from planner.plans.plan import Plan, SolveOptions, Then
from planner.plans.solve import solve
from planner.whatif.base import located
from planner.whatif.future import Future
from planner.whatif.rows import Entry

ENOUGH = 0.5
"""Gap at which the first, cheap plan of a scenario is kept when it leaves nothing out: its cost is only told."""
NO_TIME = 1e-9
"""Seconds: searches are limited by effort alone, so that they find the same wherever they run."""


@dataclass(frozen=True, slots=True)
class Answer:
    """asked: what was planned, on this snapshot."""

    snapshot: Snapshot
    asked: tuple[Application, ...]
    plan: Plan


def replanned(future: Future) -> Answer:
    """Raises RuntimeError when the referee objects, InvalidInput when the changes do not go together."""
    scenario = future.scenario
    snapshot, asked = _question(future)
    searched = SolveOptions(
        then=_then(future),
        seed=scenario.seed,
        workers=1,
        effort=scenario.effort,
        time_limit=NO_TIME,
        moves=scenario.moves if scenario.replan == "everything" else 0,
    )
    quick = searched.model_copy(update={"effort": 0, "gap": ENOUGH})
    plan = solve(snapshot, asked, searched if searched.moves else quick)
    if not searched.moves and (plan.broken or (plan.unplaced and plan.objective[0].gap)):
        plan = solve(snapshot, asked, searched)
    if found := check(snapshot, asked, plan):
        raise RuntimeError(f"the referee rejects the plan: {found[0].message}")
    return Answer(snapshot, asked, plan)


def _then(future: Future) -> Then:
    chosen: list[Then] = [change.weigh.then for change in future.scenario.changes if change.weigh and change.weigh.then]
    return chosen[-1] if chosen else "cost"


def _question(future: Future) -> tuple[Snapshot, tuple[Application, ...]]:
    match future.scenario.replan:
        case "failover":
            return _failover(future)
        case "everything":
            return _everything(future)
        case _:
            return future.snapshot, tuple(future.applications.values())


def _failover(future: Future) -> tuple[Snapshot, tuple[Application, ...]]:
    """Rules hold, but for two: any part of what was lost is welcome, and what promises to survive a loss need not
    survive another one at the same time."""
    wanted = Counter(future.left)
    wanted.update(future.new)
    names = {name for name, _ in wanted} | (future.applications.keys() - future.base.applications.keys())
    kept = {other for name in names for other in _seen_with(future, name)}
    running = _running(future, kept, joined=True)
    every = future.every
    relaxed = {name: _relaxed(every[name]) for name in kept | names}
    snapshot = replace(
        future.snapshot,
        applications={name: relaxed[name] for name in running},
        running=running,
        standby=(),
    )
    standing = _counted(running)
    asked = [_asking(relaxed[name], wanted, standing) for name in every if name in names]
    return snapshot, tuple(asked)


def _seen_with(future: Future, name: str) -> Collection[str]:
    """Applications whose instances that stay matter for where this one may go."""
    together = future.base.tied.get(name, frozenset())
    return together if len(together) > 1 or located(future.every[name]) else ()


def _running(future: Future, names: Collection[str], *, joined: bool) -> dict[str, tuple[Allocation, ...]]:
    """What stays of these applications, and what restarts of them. joined: one allocation for each domain that their
    rules look at."""
    base = future.base
    rows = base.rows.off(future.gone, names)
    found: dict[str, list[Allocation]] = {}
    domain = {name: base.domain(name) for name in names if name in base.tied} if joined else {}
    for row in base.rows.joined(rows, domain) if joined else map(base.rows.every.__getitem__, rows.tolist()):
        found.setdefault(row.application, []).append(row)
    for start in future.restarted:
        if start.application in names:
            more = Allocation(start.application, start.server, start.instances, start.cells, start.demand)
            found.setdefault(start.application, []).append(more)
    return {name: tuple(each) for name, each in found.items()}


def _relaxed(application: Application) -> Application:
    whole: dict[str, object] = {"survives": [], "all_or_nothing": "application"}
    if application.spec.master is None:
        whole["partial"] = Partial()
    return application.model_copy(update={"spec": application.spec.model_copy(update=whole)})


def _asking(application: Application, wanted: Mapping[Entry, int], standing: Mapping[Entry, int]) -> Application:
    """For what stays and what is wanted of each entry; what is asked for per site went with its site."""
    demand = [
        _entry(entry, standing.get((application.id, position), 0), wanted.get((application.id, position), 0))
        for position, entry in enumerate(application.spec.demand)
    ]
    return application.model_copy(update={"spec": application.spec.model_copy(update={"demand": demand})})


def _entry(entry: Demand, standing: int, wanted: int) -> Demand:
    more = wanted if entry.instances is not None else 0
    return entry.model_copy(update={"instances": standing + more, "instances_per_site": None})


def evacuated(future: Future) -> tuple[Snapshot, tuple[Application, ...]]:
    """What is left without a place, by all rules, and nothing that lacked before."""
    snapshot, _ = _everything(future)
    standing = _counted(snapshot.running)
    names = {name for name, _ in future.left}
    asked = [_asking(each, future.left, standing) for name, each in future.applications.items() if name in names]
    return snapshot, tuple(asked)


def _counted(running: Mapping[str, Sequence[Allocation]]) -> Counter[Entry]:
    count = Counter[Entry]()
    for row in chain.from_iterable(running.values()):
        count[row.application, row.demand] += row.instances
    return count


def _everything(future: Future) -> tuple[Snapshot, tuple[Application, ...]]:
    """All that is asked for, by all rules; what was lost lacks, and what stands may move."""
    running = _running(future, future.snapshot.running.keys(), joined=False)
    used = set(future.restarted)
    snapshot = replace(
        future.snapshot,
        running=running,
        applications={name: future.applications[name] for name in running},
        standby=tuple(row for row in future.snapshot.standby if row not in used),
    )
    return snapshot, tuple(future.applications.values())
