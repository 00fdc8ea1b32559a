"""Slots for the big instance that the plan takes away."""

from __future__ import annotations

from typing import Any

import numpy as np

from solver.constraints.base import Model
from solver.problem import Ids, Ints, Placement, Problem


class Slots:
    name = "largest-slots"

    def value(self, problem: Problem, placement: Placement) -> int:
        nodes, position = np.unique(placement.node, return_inverse=True)
        room = problem.capacity[nodes].copy()
        taken = problem.demand[problem.rate[placement.node], placement.mode] * placement.instances[:, None]
        np.subtract.at(room, position, taken)
        return int((left(problem, nodes, problem.capacity[nodes]) - left(problem, nodes, room)).sum())

    def whole(self, problem: Problem, value: int) -> int:
        """Slots that are left."""
        every = np.arange(problem.nodes, dtype=np.int32)
        return int(left(problem, every, problem.capacity).sum()) - value

    def post(self, model: Model) -> Any:
        problem = model.problem
        lost = []
        for node in model.occupied():
            before = int(left(problem, np.array([node]), problem.capacity[[node]])[0])
            keeps = model.amount(before)
            for resource, each in enumerate(problem.slot[problem.rate[node]].tolist()):
                if each:
                    room = int(problem.capacity[node, resource])
                    model.require(model.usage(node, resource) + each * keeps <= room)
            lost.append(before - keeps)
        return sum(lost)


def left(problem: Problem, nodes: Ids, room: Ints) -> Ints:
    """Slots that fit into the room ([nodes, resources]) of these nodes; none where a slot would take nothing."""
    slot = problem.slot[problem.rate[nodes]]
    each = np.where(slot > 0, room // np.maximum(slot, 1), np.iinfo(np.int64).max).min(axis=1)
    fits: Ints = np.where(slot.any(axis=1), np.maximum(each, 0), 0)
    return fits
