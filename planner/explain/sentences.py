"""Sentences: a conflict for people, short, the most important first: at most a handful, whatever its size."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from planner.explain.case import Case
from planner.explain.words import Fact, in_one, rooms_together
from planner.plans.words import joined, many
from solver.constraints import Together

CONDITIONS = ("where", "within", "requires", "forbids", "numaCells")


def sentences(case: Case, names: Sequence[int]) -> list[str]:
    """Of the facts at these positions: what is asked for, where it may go, by which rules, and what room there is."""
    facts = [case.told[name] for name in names]
    told = [fact.message for fact in facts if fact.kind == "demand"]
    told += _places(case, names)
    told += [fact.message for fact in facts if fact.kind not in ("demand", "room", *CONDITIONS)]
    rooms = [fact for fact in facts if fact.kind == "room" and fact.subject != "elsewhere"]
    if rooms:
        told += _rooms(case, names, rooms)
    return told


def _rooms(case: Case, names: Sequence[int], rooms: Sequence[Fact]) -> Iterator[str]:
    """What all has to go into one domain is compared with the largest of them, else with the sum."""
    together = [fact for name in names if isinstance(fact := case.system.facts[name], Together)]
    for workload in _about(case, rooms):
        mine = [rule for rule in together if workload in rule.workloads and len(case.question.problem.allowed[workload])]
        if mine:
            yield in_one(case.question, workload, mine[0].level)
        else:
            yield rooms_together(case.question, workload, rooms)


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
        words = joined([case.conditions[row].words for row in rows], most=len(rows))
        application = case.question.workloads[workload].application
        yield f"{application} may only be where it is {words}: {many(sites, 'site')}, {many(int(meets.sum()), 'server')}"


def _about(case: Case, rooms: Sequence[Fact]) -> list[int]:
    """The workloads whose room matters: one for each application that the facts count."""
    told: dict[str, int] = {}
    for row, asked in enumerate(case.question.workloads):
        if any(f"slots.{asked.application}" in fact.numbers for fact in rooms):
            told.setdefault(asked.application, row)
    return list(told.values())
