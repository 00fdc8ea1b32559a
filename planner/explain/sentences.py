"""Sentences: a conflict for people, short, the most important first: at most a handful, whatever its size."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from planner.explain.case import Case
from planner.explain.facts import ELSEWHERE
from planner.explain.words import in_one, rooms_together, whereabouts
from planner.formulate.question import Question
from planner.plans.room import room
from planner.plans.words import many
from solver.constraints import Children, Together
from solver.explain import Room

CONDITIONS = ("where", "within", "requires", "forbids", "numaCells", "gpu", "window")


def sentences(case: Case, names: Sequence[int]) -> list[str]:
    """Of the facts at these positions: what is asked for, where it may go, by which rules, and what room there is."""
    facts = [case.told[name] for name in names]
    told = [fact.message for fact in facts if fact.kind == "demand"]
    told += _places(case, names)
    told += [fact.message for fact in facts if fact.kind not in ("demand", "room", *CONDITIONS)]
    rooms = [fact for fact in facts if fact.kind == "room" and fact.subject != ELSEWHERE]
    if rooms:
        told += _rooms(case, names)
    return told


def _rooms(case: Case, names: Sequence[int]) -> Iterator[str]:
    """What all has to go into one domain is compared with the largest of them, else with the sum; on the servers that
    these facts leave open."""
    facts = [case.system.facts[name] for name in names]
    rooms = [(case.told[name], fact.nodes) for name in names if isinstance(fact := case.system.facts[name], Room)]
    inside = np.zeros(case.question.problem.nodes, np.bool_)
    for _, nodes in rooms:
        inside[nodes] = True
    allowed = tuple(nodes[inside[nodes]] for nodes in case.system.allowed(names))
    problem = replace(case.question.problem, allowed=allowed)
    seen = replace(case.question, problem=problem)
    together = [fact for fact in facts if isinstance(fact, Together)]
    following = {fact.child for fact in facts if isinstance(fact, Children)}
    known: set[str] = set()
    for workload in [*case.asked, *sorted(following)]:
        application = seen.workloads[workload].application
        if application not in known and problem.count[workload] and len(problem.allowed[workload]):
            known.add(application)
            if following and workload not in following and _has_room(seen, workload):
                continue
            mine = [rule for rule in together if workload in rule.workloads]
            yield in_one(seen, workload, mine[0].level) if mine else rooms_together(seen, workload, rooms)


def _places(case: Case, names: Sequence[int]) -> Iterator[str]:
    """All conditions of one application in one sentence, with what meets them together."""
    snapshot = case.question.snapshot
    by_workload: dict[int, list[int]] = {}
    first = len(case.told) - sum(fact.kind == "room" for fact in case.told) - len(case.conditions)
    for name in names:
        if case.told[name].kind in CONDITIONS:
            condition = case.conditions[name - first]
            by_workload.setdefault(condition.fact.workloads[0], []).append(name - first)
    for workload, rows in by_workload.items():
        meets = snapshot.usable.copy()
        for row in rows:
            meets &= case.conditions[row].meets
        sites = len(np.unique(snapshot.inventory.servers.site[meets]))
        application = case.question.workloads[workload].application
        place = whereabouts([case.conditions[row] for row in rows])
        yield f"{application} may only be {place}: {many(sites, 'site')}, {many(int(meets.sum()), 'server')}"


def _has_room(question: Question, workload: int) -> bool:
    """Alone, it has room for all that it asks for."""
    return bool(room(question, workload, question.problem.capacity).sum() >= question.problem.count[workload])
