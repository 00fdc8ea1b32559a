"""Moves: the same question, in which what runs may move, some of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from planner.formulate.question import Question
from planner.inventory.devices import gpus_of
from planner.inventory.snapshot import Snapshot
from planner.manifests.application import Application
from solver.constraints import Moves
from solver.problem import Placement, Problem
from solver.referee import violations


def movable(snapshot: Snapshot) -> Mapping[str, Application]:
    """Applications with instances on servers that are online, as are their sites; none whose standby stands aside."""
    kept = {row.application for row in snapshot.standby}
    return {
        name: snapshot.applications[name]
        for name, allocations in snapshot.running.items()
        if name not in kept and any(snapshot.usable[allocation.server] for allocation in allocations)
    }


def loosened(question: Question, most: int) -> Question:
    """At most so many instances move, none from or to a server or site that is not online.

    What runs in a window or on GPUs stays, and so does what breaks a rule where it is: that would have to be mended
    first.
    """
    timed = {name for name, window in question.windows.items() if window} | question.snapshot.windows.keys()
    names = [row.application for row in question.workloads]
    stays = np.array([name in timed or gpus_of(question.applications[name].spec) > 0 for name in names], np.bool_)
    while True:
        problem = _loose(question, stays, most)
        wrong = {workload for violation in violations(problem, problem.home) for workload in violation.workloads}
        wrong &= set(problem.owner(problem.home.mode).tolist())
        if not wrong:
            return replace(question, problem=problem)
        stays[list(wrong)] = True


def _loose(question: Question, stays: NDArray[np.bool_], most: int) -> Problem:
    problem, snapshot, fixed = question.problem, question.snapshot, question.problem.fixed
    moves = snapshot.usable[fixed.node] & ~stays[problem.owner(fixed.mode)]
    home = Placement(fixed.mode[moves], fixed.node[moves], fixed.instances[moves])
    running = np.bincount(problem.owner(home.mode), home.instances, minlength=problem.workloads).astype(np.int64)
    taken = np.zeros_like(problem.capacity)
    np.add.at(taken, home.node, problem.demand[problem.rate[home.node], home.mode] * home.instances[:, None])
    busy = snapshot.busy.copy()
    busy[home.node] = False
    busy[fixed.node[~moves]] = True
    spec = [question.applications[asked.application].spec for asked in question.workloads]
    return replace(
        problem,
        capacity=problem.capacity + taken,
        count=problem.count + running,
        must=running,
        rules=(*problem.rules, Moves(most)),
        fixed=Placement(fixed.mode[~moves], fixed.node[~moves], fixed.instances[~moves]),
        home=home,
        move_cost=np.array([each.move_cost for each in spec], np.int64),
        busy=busy,
    )
