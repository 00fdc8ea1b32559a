"""Batch: all refusals of many requests, grouped by common cause, the largest of them explained one by one."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from planner.explain.case import Case
from planner.explain.explanation import Explanation, Explanations, Group
from planner.explain.horizon import EVERYTHING, Horizon
from planner.explain.infeasible import ExplainOptions, explained
from planner.explain.sentences import CONDITIONS
from planner.formulate.formulate import formulate
from planner.formulate.question import Question
from planner.inventory.snapshot import Snapshot
from planner.manifests.application import Application
from planner.plans.plan import SolveOptions
from planner.plans.room import scarce
from planner.plans.words import joined, place
from solver.construct import construct
from solver.explain import Search, order, quick
from solver.problem import Placement
from solver.solve import Limits, solve
from solver.standing import Standing

DETAILED = 10
"""Refusals that are explained one by one."""
SEARCH = 5.0
"""Seconds to plan a batch."""
ALONE = 1.0
"""Seconds to plan a request with standby alone."""


@dataclass(frozen=True, slots=True)
class Refused:
    """One request that is left out. snapshot: what it finds. instances: that are left out."""

    applications: list[Application]
    snapshot: Snapshot
    instances: int
    displaced: bool


def explanations(
    snapshot: Snapshot,
    parts: Sequence[list[Application]],
    options: ExplainOptions,
    horizon: Horizon = EVERYTHING,
) -> Iterator[Explanations]:
    """The answer so far, each time more is known. parts: requests that nothing ties to each other.

    One request is explained to the end; of several, the refused ones are grouped, and those that leave out the most are
    explained without counter-offers, unless only one is refused.
    """
    if len(parts) == 1:
        for now in explained(snapshot, parts[0], options, horizon):
            yield _one(snapshot, now)
        return
    refused = _refused(snapshot, parts)
    fits = len(parts) - len(refused)
    answer = Explanations(generation=snapshot.generation, fits=fits, refused=[], groups=_groups(refused))
    yield answer
    brief = options if len(refused) == 1 else options.model_copy(update={"counter_offers": 0.0})
    for each in sorted(refused, key=lambda each: -each.instances)[:DETAILED]:
        seen = horizon.blind() if each.displaced else horizon
        for now in explained(each.snapshot, each.applications, brief, seen):
            told = _displaced(now) if each.displaced else now
            yield answer.model_copy(update={"refused": [*answer.refused, told]})
        answer = answer.model_copy(update={"refused": [*answer.refused, told]})


def _one(snapshot: Snapshot, now: Explanation) -> Explanations:
    fits = now.status == "fits"
    return Explanations(generation=snapshot.generation, fits=int(fits), refused=[] if fits else [now])


def _displaced(now: Explanation) -> Explanation:
    headline = f"{now.headline}; it fits alone, but not beside what a plan for all places"
    return now.model_copy(update={"status": "displaced", "headline": headline})


def _refused(snapshot: Snapshot, parts: Sequence[list[Application]]) -> list[Refused]:
    """Those that one plan for all leaves out; alone, or beside that plan."""
    everybody = [application for part in parts for application in part]
    question = formulate(snapshot, everybody, SolveOptions(then="cost"))
    problem = replace(question.problem, then=None)
    plan = solve(problem, Limits(time.perf_counter, seconds=SEARCH)).placement
    standing = Standing(problem, plan)
    found = []
    for part in parts:
        rows = [row for application in part for row in question.of(application.id) if problem.weight[row]]
        left = int(problem.count[rows].sum()) - standing.placed(rows)
        partial = all(each.spec.partial is not None for each in part if each.spec.demand)
        if left and not (partial and standing.placed(rows)):
            alone = _whole(snapshot, part)
            found.append(Refused(part, beside(snapshot, question, plan) if alone else snapshot, left, alone))
    return found


def _whole(snapshot: Snapshot, part: Sequence[Application]) -> bool:
    """Is there a plan for it alone, found at once?"""
    case = Case.of(snapshot, part)
    problem = case.question.problem
    limits = Limits(time.perf_counter, seconds=ALONE)
    plan = solve(replace(problem, then=None), limits).placement if case.standby else construct(problem)
    return case.witnessed(Search(case.system, order(case.system), lambda: 0.0), plan)


def beside(snapshot: Snapshot, question: Question, plan: Placement) -> Snapshot:
    """What a plan leaves free, as if what it places were there at all times."""
    problem, times = question.problem, len(question.segments.moments)
    rates, modes, columns = problem.demand.shape
    demand = problem.demand.reshape(rates, modes, times, columns // times).max(axis=2)
    free = snapshot.free.copy()
    np.subtract.at(free, plan.node, demand[snapshot.rate[plan.node], plan.mode] * plan.instances[:, None])
    return replace(snapshot, free=free)


def _groups(refused: Sequence[Refused]) -> list[Group]:
    """The cause of the most requests first."""
    causes: dict[str, list[Refused]] = defaultdict(list)
    for each in refused:
        causes[cause(each)].append(each)
    groups = [
        Group(
            cause=told,
            requests=len(members),
            instances=sum(each.instances for each in members),
            applications=[application.id for each in members for application in each.applications],
        )
        for told, members in causes.items()
    ]
    return sorted(groups, key=lambda group: (-group.requests, -group.instances, group.cause))


def cause(refused: Refused) -> str:
    """What a refusal has in common with others: the scarce resource or the binding rules, and where it wants to go."""
    case = Case.of(refused.snapshot, refused.applications)
    found = quick(Search(case.system, order(case.system), lambda: 0.0))
    facts = [case.told[name] for name in found.facts] if found else []
    rules = sorted({fact.kind for fact in facts} - {"demand", "room", *CONDITIONS})
    workload = case.asked[0]
    told = []
    if any(fact.kind == "room" for fact in facts) and len(case.question.problem.allowed[workload]):
        told.append(scarce(case.question, workload)[0])
    told += [f"{'under ' if told else ''}{joined(rules)}"] if rules else []
    if not told:
        told = ["nothing that meets all conditions" if facts else "no way that keeps all rules"]
    asked = case.question.workloads[workload]
    entry = case.question.applications[asked.application].spec.demand[asked.demand]
    return f"{' '.join(told)} {'in ' + place(entry.where) if entry.where else 'anywhere'}"
