"""Slots for the big instance that the plan takes away, with its instances and the room that it sets aside."""

from __future__ import annotations

from typing import Any

import numpy as np

from solver.aside import growth, top
from solver.constraints.base import Model
from solver.problem import Ids, Ints, Placement, Problem


class Slots:
    name = "largest-slots"

    def value(self, problem: Problem, placement: Placement) -> int:
        nodes = np.unique(np.concatenate([placement.node, placement.restarts.node]))
        row = np.searchsorted(nodes, placement.node)
        room = problem.capacity[nodes].copy()
        taken = problem.demand[problem.rate[placement.node], placement.mode] * placement.instances[:, None]
        np.subtract.at(room, row, taken)
        if len(placement.restarts):
            room -= growth(problem, placement.restarts)[nodes]
        return int((left(problem, nodes, problem.capacity[nodes]) - left(problem, nodes, room)).sum())

    def whole(self, problem: Problem, value: int) -> int:
        """Slots that are left."""
        every = np.arange(problem.nodes, dtype=np.int32)
        return int(left(problem, every, problem.capacity).sum()) - value

    def post(self, model: Model) -> Any:
        problem = model.problem
        lost, losses, most = [], model.losses(), top(problem)
        for node in sorted({*model.occupied(), *(node for node, _, _ in losses)}):
            before = int(left(problem, np.array([node]), problem.capacity[[node]])[0])
            keeps = model.amount(before)
            for resource, each in enumerate(problem.slot[problem.rate[node]].tolist()):
                if each:
                    room = int(problem.capacity[node, resource])
                    taken = model.usage(node, resource) + each * keeps
                    model.require(taken <= room)
                    for loss in (loss for loss in losses if loss[0] == node):
                        aside = model.restart_usage(*loss, resource) + model.reserved(*loss)[resource]
                        model.require(taken + aside <= room + int(most[node, resource]))
            lost.append(before - keeps)
        return sum(lost)


def left(problem: Problem, nodes: Ids, room: Ints) -> Ints:
    """Slots that fit into the room ([nodes, resources]) of these nodes; none where a slot would take nothing."""
    slot = problem.slot[problem.rate[nodes]]
    each = np.where(slot > 0, room // np.maximum(slot, 1), np.iinfo(np.int64).max).min(axis=1)
    fits: Ints = np.where(slot.any(axis=1), np.maximum(each, 0), 0)
    return fits
