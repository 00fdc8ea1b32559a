"""Why here, and why not there: the plan is made once more the other way, and the terms of both are compared."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from planner.explain.case import Case
from planner.explain.explanation import Conflict, Difference, Why
from planner.explain.forcing import forcing
from planner.explain.words import whereabouts
from planner.formulate.formulate import formulate
from planner.formulate.question import Question
from planner.inventory.snapshot import LEVELS, Snapshot
from planner.manifests.application import Application
from planner.plans.plan import SolveOptions
from planner.plans.room import room, scarce
from planner.plans.violations import domain_name
from planner.plans.words import many
from solver import referee
from solver.explain import forced, merged
from solver.objective import terms
from solver.problem import Ids, Placement, Problem
from solver.solve import Limits, solve

SEARCH = 2.0
"""Seconds for each of the two plans."""


@dataclass(frozen=True, slots=True)
class Place:
    """Of the application: the nodes of a site or a server. level: of the topology."""

    name: str
    level: int
    nodes: Ids


def why(
    snapshot: Snapshot, applications: Sequence[Application], application: str, site: str | None, server: str | None
) -> Why:
    """Of one application of these, in the plan for all of them, in a site or on a server."""
    question = formulate(snapshot, applications, SolveOptions(then="cost"))
    place = _place(snapshot, site, server)
    plan = _planned(question.problem)
    rows = question.of(application)
    there = _count(question, plan, rows, place.nodes)
    if not rows or not question.problem.count[rows].any():
        return _running(snapshot, application, place)
    if there:
        return _here(question, plan, application, place, there)
    return _not_there(snapshot, applications, question, plan, application, place)


def _place(snapshot: Snapshot, site: str | None, server: str | None) -> Place:
    if server is not None:
        return Place(server, LEVELS.index("server"), np.array([snapshot.row[server]], np.int32))
    number = snapshot.inventory.sites.name.index(site or "")
    nodes = np.flatnonzero(snapshot.inventory.servers.site == number).astype(np.int32)
    return Place(site or "", LEVELS.index("site"), nodes)


def _planned(problem: Problem) -> Placement:
    return solve(problem, Limits(time.perf_counter, seconds=SEARCH)).placement


def _count(question: Question, plan: Placement, rows: Sequence[int], nodes: Ids) -> int:
    mine = np.isin(question.problem.owner(plan.mode), rows) & np.isin(plan.node, nodes)
    return int(plan.instances[mine].sum())


def _running(snapshot: Snapshot, application: str, place: Place) -> Why:
    there = sum(row.instances for row in snapshot.running.get(application, ()) if row.server in place.nodes)
    told = f"{application} has all that it asks for; {many(there, 'instance')} of it run in {place.name}"
    return Why(application=application, place=place.name, instances=0, sentences=[told])


def _here(question: Question, plan: Placement, application: str, place: Place, there: int) -> Why:
    """Once more without the place."""
    problem = question.problem
    rows = question.of(application)
    allowed = list(problem.allowed)
    for row in rows:
        allowed[row] = np.setdiff1d(allowed[row], place.nodes).astype(np.int32)
    other = _planned(replace(problem, allowed=tuple(allowed)))
    differences = _differences(problem, plan, other)
    decided = next((each for each in differences if each.now != each.otherwise), None)
    runner_up = _runner_up(question, plan, other, rows, place.level)
    where = f"{'on' if place.level == 0 else 'in'} {place.name}"
    told = [f"{many(there, 'instance')} of {application} are {where}"]
    told.append(_without(decided, runner_up, place, domain=LEVELS[place.level]))
    told += _price(question, rows, place)
    return Why(
        application=application,
        place=place.name,
        instances=there,
        sentences=told,
        terms=differences,
        decided=decided.name if decided else None,
        runner_up=runner_up,
    )


def _without(decided: Difference | None, runner_up: str | None, place: Place, domain: str) -> str:
    next_best = f"the next best {domain} is {runner_up}" if runner_up else "nothing would take its place"
    if decided is None:
        return f"without it the plan is as good: {next_best}, and no term of the objective differs"
    if decided.name == "unplaced":
        return f"without it not everything fits: {decided.otherwise - decided.now:,.0f} more in priorities left out"
    worse = decided.otherwise - decided.now
    if worse < 0:
        return (
            f"a plan without it that has {decided.name} {-worse:,.2f} less was found: the difference is within the gap"
        )
    return (
        f"without it {decided.name} is {worse:,.2f} more ({decided.now:,.2f} to {decided.otherwise:,.2f}); {next_best}"
    )


def _price(question: Question, rows: Sequence[int], place: Place) -> Iterator[str]:
    """How its price compares with the others that the application may use."""
    problem = question.problem
    nodes, cost = problem.allowed[rows[0]], problem.cost(rows[0])
    here = cost[np.intersect1d(nodes, place.nodes)]
    if len(here):
        cheaper = int((cost[nodes] < here.min()).sum())
        those = f"{many(cheaper, 'server')} of {len(nodes):,} are cheaper" if cheaper else "no server is cheaper"
        yield f"an instance costs {here.min() / 1e6:g} there; {those}"


def _differences(problem: Problem, now: Placement, otherwise: Placement) -> list[Difference]:
    scale = {"cost": 1e6}
    return [
        Difference(
            name=term.name,
            now=term.value(problem, now) / scale.get(term.name, 1),
            otherwise=term.value(problem, otherwise) / scale.get(term.name, 1),
        )
        for term in terms(problem)
    ]


def _runner_up(question: Question, plan: Placement, other: Placement, rows: Sequence[int], level: int) -> str | None:
    """The place of the level that gains most instances of the application."""
    problem = question.problem
    gain = np.zeros(problem.topology.sizes[level], np.int64)
    for sign, made in ((1, other), (-1, plan)):
        mine = np.isin(problem.owner(made.mode), rows)
        np.add.at(gain, problem.topology.domain[level][made.node[mine]], sign * made.instances[mine])
    best = int(np.argmax(gain)) if len(gain) else 0
    return domain_name(question, level, best) if len(gain) and gain[best] > 0 else None


def _not_there(
    snapshot: Snapshot,
    applications: Sequence[Application],
    question: Question,
    plan: Placement,
    application: str,
    place: Place,
) -> Why:
    """What bars it; else once more with one instance there."""
    case = Case.of(snapshot, applications)
    rows = question.of(application)
    barred = [told for row in rows if (told := _barred(case, row, place)) is not None]
    if len(barred) == len(rows):
        return Why(application=application, place=place.name, instances=0, sentences=barred)
    row = next(row for row in rows if _barred(case, row, place) is None)
    try:
        asked = forced(question.problem, row, place.nodes, 1)
    except ValueError as error:
        told = f"{application} cannot be put there by itself: {error}"
        return Why(application=application, place=place.name, instances=0, sentences=[told])
    other = merged(question.problem, row, _planned(asked))
    if referee.violations(question.problem, other) == [] and _count(question, other, [row], place.nodes):
        return _worse(question, plan, other, application, place)
    conflict = forcing(question, asked, row, place.name)
    return _cannot(application, place, conflict)


def _worse(question: Question, plan: Placement, other: Placement, application: str, place: Place) -> Why:
    differences = _differences(question.problem, plan, other)
    decided = next((each for each in differences if each.now != each.otherwise), None)
    told = _costs(f"{application} in {place.name}", decided)
    rows = question.of(application)
    return Why(
        application=application,
        place=place.name,
        instances=0,
        sentences=[told, *_price(question, rows, place)],
        terms=differences,
        decided=decided.name if decided else None,
    )


def _costs(subject: str, decided: Difference | None) -> str:
    """What an instance there costs."""
    if decided is None:
        return f"{subject} would be as good: no term of the objective differs"
    more = decided.otherwise - decided.now
    if more < 0:
        return f"{subject} makes {decided.name} {-more:,.2f} less: the difference is within the gap of the plan"
    if decided.name == "unplaced":
        return f"with an instance of {subject}, {more:,.0f} more in priorities are left out"
    values = f"{decided.now:,.2f} to {decided.otherwise:,.2f}"
    return f"one instance of {subject} makes {decided.name} {more:,.2f} more: {values}"


def _cannot(application: str, place: Place, conflict: Conflict | None) -> Why:
    told = [f"{application} cannot be in {place.name} and be whole"] if conflict else []
    told += conflict.sentences if conflict else [f"no plan with {application} in {place.name} was found in time"]
    return Why(application=application, place=place.name, instances=0, sentences=told, conflict=conflict)


def _barred(case: Case, row: int, place: Place) -> str | None:
    """Why no instance of a workload can stand there, whatever else is placed; None when one could."""
    question = case.question
    snapshot, problem = question.snapshot, question.problem
    name = question.workloads[row].application
    here = np.intersect1d(problem.allowed[row], place.nodes).astype(np.int32)
    if len(here):
        fits = room(question, row, problem.capacity)[np.isin(problem.allowed[row], here)]
        if fits.any():
            return None
        alone = replace(problem, allowed=tuple(here if each == row else a for each, a in enumerate(problem.allowed)))
        resource, servers = scarce(replace(question, problem=alone), row)
        short = f"{resource} runs out first on {many(servers, 'server')}"
        return f"{place.name} has no room for one instance of {name}: {short}"
    if not snapshot.usable[place.nodes].any():
        return f"{place.name} is not online"
    failing = [
        condition
        for condition in case.conditions
        if row in condition.fact.workloads and not (condition.meets & snapshot.usable)[place.nodes].any()
    ]
    asked = failing or [condition for condition in case.conditions if row in condition.fact.workloads]
    return f"{name} may only be {whereabouts(asked)}, and {place.name} is not"
