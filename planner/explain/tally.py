"""Tally: what rules out each server and each site, by its first cause and by the causes that do so all alone."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from planner.explain.case import Case
from planner.explain.facts import Cause, Tally
from planner.inventory.snapshot import LEVELS
from planner.plans.room import room
from solver.constraints import Apart
from solver.problem import Placement
from solver.standing import Standing

Mask = NDArray[np.bool_]


def tally(case: Case, workload: int) -> Tally:
    """Of one workload, in the order: not online, its conditions, who it is apart from, resource by resource."""
    question = case.question
    site = question.snapshot.inventory.servers.site
    sites = len(question.snapshot.inventory.sites)
    named = list(_causes(case, workload))
    failing = np.zeros(len(site), np.int32)
    for _, bad in named:
        failing += bad
    left = np.ones(len(site), np.bool_)
    alive = _count(site, left, sites) > 0
    causes = []
    for name, bad in named:
        first = left & bad
        left &= ~bad
        now = _count(site, left, sites) > 0
        alone = bad & (failing == 1)
        free = _count(site, failing == 0, sites) > 0
        only = (_count(site, alone, sites) > 0) & ~free
        row = Cause(
            cause=name,
            servers=int(first.sum()),
            sites=int((alive & ~now).sum()),
            servers_alone=int(alone.sum()),
            sites_alone=int(only.sum()),
        )
        alive = now
        if bad.any():
            causes.append(row)
    nodes = question.problem.allowed[workload]
    slots = room(question, workload, question.problem.capacity)
    return Tally(
        application=question.workloads[workload].application,
        causes=causes,
        servers=int(left.sum()),
        sites=int(alive.sum()),
        slots=int(slots[left[nodes]].sum()),
        of_servers=len(site),
        of_sites=sites,
    )


def _causes(case: Case, workload: int) -> Iterator[tuple[str, Mask]]:
    """(cause, servers that it rules out)."""
    question, snapshot = case.question, case.question.snapshot
    yield "not online", ~snapshot.usable
    for condition in case.conditions:
        if workload in condition.fact.workloads:
            wrong = "not " if condition.kind in ("where", "within") else ""
            words = condition.words if wrong else condition.words.replace("without", "has").replace("with", "no", 1)
            yield f"{wrong}{'in ' if condition.kind == 'where' else ''}{words}", ~condition.meets
    for rule in question.problem.rules:
        if isinstance(rule, Apart) and workload in rule.subjects:
            yield _apart(case, rule, workload)
    yield from _short(case, workload)


def _apart(case: Case, rule: Apart, workload: int) -> tuple[str, Mask]:
    problem = case.question.problem
    others = [w for part in rule.parts if workload not in part for w in part]
    domains, _, _ = Standing(problem, Placement.empty()).per_domain(others, rule.level)
    names = sorted({case.question.workloads[w].application for w in others})
    held = np.isin(problem.topology.domain[rule.level], domains)
    return f"{LEVELS[rule.level]} shared with {', '.join(names)}", held


def _short(case: Case, workload: int) -> Iterator[tuple[str, Mask]]:
    """Resource by resource: too little of it for one instance, in every mode."""
    problem = case.question.problem
    modes = problem.modes_of(workload)
    names = [case.question.resource(column) for column in range(problem.capacity.shape[1])]
    for name in dict.fromkeys(names):
        mine = [column for column, each in enumerate(names) if each == name]
        demand = problem.demand[:, modes.start : modes.stop][:, :, mine]
        if demand.any():
            capacity = problem.capacity[:, mine]
            fits = np.zeros(problem.nodes, np.bool_)
            for mode in range(len(modes)):
                fits |= (capacity >= demand[problem.rate, mode]).all(axis=1)
            yield f"too little {name} for one instance", ~fits


def _count(site: NDArray[np.int32], mask: Mask, sites: int) -> NDArray[np.int64]:
    return np.bincount(site[mask], minlength=sites).astype(np.int64)
