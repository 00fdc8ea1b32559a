"""Score: a scenario in figures: what is refused and why, which promises break, what it costs and what is left."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import chain

import numpy as np

from planner.inventory.snapshot import Snapshot
from planner.inventory.units import CPU
from planner.manifests.application import Application
from planner.plans.plan import Plan
from planner.plans.words import place
from planner.whatif.base import Base
from planner.whatif.bulk import Short, lost, short
from planner.whatif.conflict import conflict
from planner.whatif.future import Future, vcpu
from planner.whatif.promises import amounts, broken
from planner.whatif.replan import Answer, replanned
from planner.whatif.result import Refused, ScenarioResult, Score
from planner.whatif.scenarios import Scenario
from solver.problem import Ids, Ints

PER_SITE = "it is asked for per site, and its site is gone"


def worked_out(base: Base, scenario: Scenario) -> ScenarioResult:
    """Raises what `replanned` raises."""
    future = Future.of(base, scenario)
    answer = replanned(future)
    refused = sorted(_refused(future, answer), key=_worst)
    lacking = _short(future, answer)
    score = _score(future, answer, refused, lacking)
    told = sorted([*(_named(base, row) for row in refused), *map(in_bulk, lacking)], key=_worst)
    return ScenarioResult(
        name=scenario.name,
        replan=scenario.replan,
        changes=list(scenario.changes),
        lost=future.lost,
        score=score,
        refused=told,
        broken=[*broken(future, refused, score.proven), *chain.from_iterable(map(amounts, lacking))],
        conflict=conflict(answer, refused) or [f"{row.tenant}: {row.reason}" for row in told[:1]],
    )


def _worst(row: Refused) -> tuple[float, str, int]:
    return (-row.vcpu, row.application, row.demand)


def _refused(future: Future, answer: Answer) -> Iterator[Refused]:
    applications = {each.id: each for each in answer.asked}
    every = future.every
    for row in answer.plan.unplaced:
        yield row_of(applications[row.application], row.demand or 0, row.instances, row.reason)
    if future.scenario.replan == "failover":
        for (name, position), count in future.left.items():
            demand = every[name].spec.demand
            if demand and demand[position].instances is None:
                yield row_of(every[name], position, count, PER_SITE)


def _named(base: Base, row: Refused) -> Refused:
    """As people call it."""
    origin = base.reserved.origins.get(row.application)
    if origin is None:
        return row
    return row.model_copy(update={"application": origin.application, "reservation": origin.reservation})


def _short(future: Future, answer: Answer) -> list[Short]:
    """Reservations of bulk amounts that a failover leaves without room, beside what was placed."""
    base = future.base
    if future.scenario.replan != "failover" or next(lost(base, future.gone), None) is None:
        return []
    free = base.snapshot.free.copy()
    servers, amounts = taken(answer.snapshot, _every(answer), answer.plan)
    free[servers] -= amounts
    return list(short(base, future.gone, free))


def in_bulk(found: Short) -> Refused:
    bulk, missing = found.bulk, dict(found.missing)
    return Refused(
        tenant=bulk.tenant,
        application=bulk.tenant,
        scope=place(bulk.where) or "anywhere",
        instances=0,
        vcpu=missing.get(CPU, 0) / 1000,
        reason=f"reservation {bulk.reservation} has no room for all that it lost",
        reservation=bulk.reservation,
        amounts=missing,
    )


def row_of(application: Application, position: int, instances: int, reason: str) -> Refused:
    demand = application.spec.demand
    return Refused(
        tenant=application.metadata.namespace,
        application=application.id,
        demand=position,
        scope=(place(demand[position].where) if demand else "where its master is") or "anywhere",
        instances=instances,
        vcpu=vcpu(application, instances),
        reason=reason,
    )


def _score(future: Future, answer: Answer, refused: list[Refused], lacking: list[Short]) -> Score:
    plan, terms = answer.plan, {term.name: term for term in answer.plan.objective}
    moves = sum(move.instances for move in plan.moves)
    placed = sum(row.instances for row in plan.placements) - moves
    out = sum(row.instances for row in refused)
    headroom, stranded = _left(future, answer)
    cost = terms.get("cost")
    return Score(
        asked=placed + out,
        placed=placed,
        refused=out,
        refused_vcpu=sum(row.vcpu for row in (*refused, *map(in_bulk, lacking))),
        amounts=dict(sum((Counter(each.missing) for each in lacking), Counter[str]())) or None,
        proven=not plan.objective[0].gap,
        restarted=sum(row.instances for row in future.restarted),
        moves=moves,
        cost=cost.value if cost else 0.0,
        cost_bound=cost.bound if cost else 0.0,
        stranded=stranded,
        headroom=headroom,
    )


def _left(future: Future, answer: Answer) -> tuple[int, dict[str, int]]:
    """(headroom, stranded) after the plan: those of the base, but for the servers that changed."""
    base, shape, usable = future.base, future.base.shape, future.snapshot.usable
    changed, amounts = taken(answer.snapshot, _every(answer), answer.plan)
    free, rate = base.snapshot.free[changed] - amounts, base.snapshot.rate[changed]
    slots, stays = shape.slots(free, rate), usable.copy()
    stays[changed] = False
    stranded = base.stranded[stays].sum(axis=0) + shape.stranded(free, rate, slots).sum(axis=0)
    told = dict(zip(shape.amounts, stranded.tolist(), strict=True))
    return int(base.slots[stays].sum() + slots.sum()), told


def _every(answer: Answer) -> Mapping[str, Application]:
    return {**answer.snapshot.applications, **{each.id: each for each in answer.asked}}


def taken(snapshot: Snapshot, applications: Mapping[str, Application], plan: Plan) -> tuple[Ids, Ints]:
    """(servers, [these, columns]): what the plan takes there, less what moved away, as if it ran at all times."""
    amount = Counter[tuple[int, str, tuple[int, ...]]]()
    for row in plan.placements:
        amount[snapshot.row[row.server], row.application, tuple(row.cells or ())] += row.instances
    for move in plan.moves:
        leaving = move.leaving
        amount[snapshot.row[leaving.server], move.application, tuple(leaving.cells or ())] -= leaving.instances
    servers = np.unique(np.array([server for server, _, _ in amount], np.int32))
    found = np.zeros((len(servers), len(snapshot.units.columns)), np.int64)
    demand = {key: snapshot.units.demand(applications[key[0]], key[1]) for key in {each[1:] for each in amount}}
    at = {server: position for position, server in enumerate(servers.tolist())}
    for (server, name, cells), count in amount.items():
        found[at[server]] += demand[name, cells][snapshot.rate[server]] * count
    return servers, found
