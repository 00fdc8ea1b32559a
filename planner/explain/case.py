"""Case: one request taken apart into facts, each with what it says in numbers and in words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from planner.explain.conditions import Condition, conditions
from planner.explain.facts import Fact
from planner.explain.words import owed, room_of, ruled, where
from planner.formulate.formulate import formulate
from planner.formulate.question import Question
from planner.inventory.snapshot import LEVELS, Snapshot
from planner.manifests.application import Application
from planner.plans.plan import SolveOptions
from planner.plans.room import room
from solver.constraints import Completeness, Moves, Rule, Soft, Spread, Standby
from solver.constraints.standby import Restarting
from solver.explain import Owed, Room, Search, System
from solver.explain.system import Fact as Entry
from solver.problem import Ids, Placement
from solver.standing import Standing

GROUPS = 24
"""Rooms are told by site when a request may use so many, else by city, by province, or by region."""
ROOMS = ("site", "city", "province", "region")


@dataclass(frozen=True, slots=True)
class Case:
    """told: one fact in words for each of the system's. standby: rules that the system does not know, so that what it
    calls impossible is, and in words."""

    question: Question
    system: System
    told: tuple[Fact, ...]
    conditions: tuple[Condition, ...]
    standby: tuple[Standby, ...] = ()
    aside: tuple[Fact, ...] = ()

    @staticmethod
    def of(snapshot: Snapshot, applications: Sequence[Application]) -> Case:
        """Of applications that belong together. Raises InvalidInput when they do not go together with what runs."""
        question = formulate(snapshot, applications, SolveOptions(then="cost"))
        found = tuple(conditions(question))
        pairs = list(_facts(question, applications, found))
        problem = question.problem
        usable = np.flatnonzero(snapshot.usable).astype(np.int32)
        wide = replace(problem, allowed=(usable,) * problem.workloads, rules=())
        standby = tuple(rule for rule in problem.rules if isinstance(rule, Standby))
        return Case(
            question=question,
            system=System(wide, tuple(fact for fact, _ in pairs)),
            told=tuple(told for _, told in pairs),
            conditions=found,
            standby=standby,
            aside=tuple(ruled(question, rule) for rule in standby),
        )

    def witnessed(self, search: Search, placement: Placement) -> bool:
        """Everything that is owed stands there, and every rule is kept, standby too."""
        standing = Standing(self.question.problem, placement)
        rules: tuple[Rule, ...] = (*self.standby, Restarting())
        again = not any(rule.violations(standing) for rule in rules)
        return search.witness(placement, self.system.everything) and again

    @property
    def asked(self) -> list[int]:
        """The workloads of which something is owed, in order."""
        return [w for fact in self.system.facts if isinstance(fact, Owed) for w in fact.workloads]


def _facts(
    question: Question, applications: Sequence[Application], found: Sequence[Condition]
) -> Iterator[tuple[Entry, Fact]]:
    for application in applications:
        if (entry := owing(question, application)) is not None:
            yield entry, owed(question, application, entry.least)
    apart = Completeness | Soft | Moves | Standby
    for rule in question.problem.rules:
        if not isinstance(rule, apart) and question.problem.count[list(rule.subjects)].any():
            for part in parts(rule):
                yield part, ruled(question, part)
    for condition in found:
        yield condition.fact, where(question, condition)
    wanted = np.flatnonzero(question.problem.count).tolist()
    slots = {workload: room(question, workload, question.problem.capacity) for workload in wanted}
    for nodes, level, domain in _rooms(question):
        yield Room(nodes), room_of(question, slots, nodes, level, domain)


def owing(question: Question, application: Application) -> Owed | None:
    """All that is lacking; of an application that welcomes fewer, its minimum."""
    workloads = tuple(question.of(application.id)) if application.spec.demand else ()
    lacking = int(question.problem.count[list(workloads)].sum())
    if application.spec.partial is not None:
        standing = question.snapshot.standing(application.id).total()
        lacking = min(lacking, max(application.spec.partial.minimum - standing, 1))
    return Owed(workloads, lacking) if lacking > 0 else None


def parts(rule: Rule) -> Iterator[Rule]:
    """Each limit of a spread is a fact of its own."""
    if not isinstance(rule, Spread):
        yield rule
        return
    alone = replace(rule, most=None, share=None, least=None)
    if rule.most is not None:
        yield replace(alone, most=rule.most)
    if rule.share is not None:
        yield replace(alone, share=rule.share)
    if rule.least is not None:
        yield replace(alone, least=rule.least)


def _rooms(question: Question) -> Iterator[tuple[Ids, int, int]]:
    """(servers, level, domain), by the finest level of which not too many domains may be used."""
    snapshot = question.snapshot
    reachable = _reachable(question)
    level = _level(question, reachable)
    domain = question.problem.topology.domain[level]
    usable = np.flatnonzero(snapshot.usable & reachable).astype(np.int32)
    order = usable[np.argsort(domain[usable], kind="stable")]
    cuts = np.flatnonzero(np.diff(domain[order])) + 1
    for part in np.split(order, cuts):
        if len(part):
            yield np.sort(part), level, int(domain[part[0]])
    away = np.flatnonzero(snapshot.usable & ~reachable).astype(np.int32)
    if len(away):
        yield away, -1, -1


def _reachable(question: Question) -> NDArray[np.bool_]:
    """[servers]: those in the sites where something may go that does not follow a master."""
    problem = question.problem
    own = [w for w in range(problem.workloads) if problem.weight[w] and problem.count[w]]
    site = problem.topology.domain[LEVELS.index("site")]
    there = np.zeros(problem.topology.sizes[LEVELS.index("site")], np.bool_)
    for nodes in {id(problem.allowed[w]): problem.allowed[w] for w in own}.values():
        there[site[nodes]] = True
    return np.asarray(there[site])


def _level(question: Question, reachable: NDArray[np.bool_]) -> int:
    domain = question.problem.topology.domain
    for name in ROOMS:
        level = LEVELS.index(name)
        if len(np.unique(domain[level][reachable])) <= GROUPS:
            return level
    return LEVELS.index(ROOMS[-1])
