"""Forcing: why a plan with an instance in a given place cannot be, as a conflict of its own."""

from __future__ import annotations

import time
from dataclasses import replace

from planner.explain.case import parts
from planner.explain.explanation import Conflict
from planner.explain.facts import Fact
from planner.explain.words import ruled
from planner.formulate.question import Question
from planner.inventory.snapshot import LEVELS
from planner.plans.words import many
from solver.constraints import Completeness, Moves, Soft
from solver.explain import Owed, Search, System, checked, order, quick, thorough
from solver.explain.system import Fact as Entry
from solver.explain.system import rooms
from solver.problem import Problem

PROOF = 3.0


def forcing(question: Question, asked: Problem, row: int, place: str) -> Conflict | None:
    """asked: `forced` from the question; its last workload is what has to be in the place. None: not known."""
    twin = len(question.workloads)
    cells = tuple(question.cells[mode] for mode in question.problem.modes_of(row))
    seen = replace(
        question,
        problem=asked,
        workloads=(*question.workloads, question.workloads[row]),
        cells=(*question.cells, *cells),
    )
    pairs = [*_owed(seen, twin, place), *_rules(seen)]
    pairs += [(room, _room()) for room in rooms(asked, LEVELS.index("region"))]
    system = System(replace(asked, rules=()), tuple(entry for entry, _ in pairs))
    until = time.perf_counter() + PROOF
    search = Search(system, order(system), lambda: until - time.perf_counter())
    found = quick(search)
    found = checked(search, found) if found else thorough(search)
    if found is None:
        return None
    facts = [pairs[name][1] for name in found.facts]
    told = [fact.message for fact in facts if fact.message]
    if any(fact.kind == "room" for fact in facts):
        told.append("and there is only so much room")
    return Conflict(facts=facts, sentences=told, proven=found.proven, minimal=found.minimal, engine=found.engine)


def _owed(seen: Question, twin: int, place: str) -> list[tuple[Entry, Fact]]:
    pairs: list[tuple[Entry, Fact]] = []
    name = seen.workloads[twin].application
    told = f"one instance of {name} has to be in {place}"
    pairs.append((Owed((twin,), 1), Fact(kind="demand", subject=name, message=told, numbers={"instances": 1})))
    for application in dict.fromkeys(asked.application for asked in seen.workloads[:twin]):
        rows = tuple(row for row in range(twin) if seen.workloads[row].application == application)
        count = int(seen.problem.count[list(rows)].sum())
        if count and seen.problem.weight[list(rows)].any() and not seen.applications[application].spec.partial:
            told = f"{application} wants {many(count, 'instance')}{' more' if application == name else ''}"
            fact = Fact(kind="demand", subject=application, message=told, numbers={"instances": count})
            pairs.append((Owed(rows, count), fact))
    return pairs


def _rules(seen: Question) -> list[tuple[Entry, Fact]]:
    return [
        (part, ruled(seen, part))
        for rule in seen.problem.rules
        if not isinstance(rule, Completeness | Soft | Moves)
        for part in parts(rule)
    ]


def _room() -> Fact:
    return Fact(kind="room", subject="servers", message="", numbers={})
