"""Aside: the room that restarts need on a node is that of the worst loss, never the sum of all."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from solver.problem import Ids, Ints, Placement, Problem
from solver.restarts import Reserved, Restarts


@dataclass(frozen=True, slots=True)
class Losses:
    """Rows of (node, level, domain): what all restarts on the node take, should the domain be lost.

    amount: [rows, resources], new restarts together with those reserved. Only rows with something new.
    """

    node: Ids
    level: Ids
    domain: Ids
    amount: Ints


def losses(problem: Problem, restarts: Restarts) -> Losses:
    """New restarts by node and loss, on top of what is reserved there for the same loss."""
    keys, first, position = np.unique(_keys(problem, restarts), return_index=True, return_inverse=True)
    amount = np.zeros((len(keys), problem.capacity.shape[1]), np.int64)
    taken = problem.demand[problem.rate[restarts.node], restarts.mode] * restarts.instances[:, None]
    np.add.at(amount, position, taken)
    if len(keys) and len(problem.reserved):
        standing = _keys(problem, problem.reserved)
        row = np.minimum(np.searchsorted(keys, standing), len(keys) - 1)
        known = keys[row] == standing
        amount[row[known]] += problem.reserved.amount[known]
    return Losses(restarts.node[first], restarts.level[first], restarts.domain[first], amount)


def _keys(problem: Problem, rows: Restarts | Reserved) -> NDArray[np.int64]:
    """[rows]: one number for each node and loss."""
    sizes = problem.topology.sizes
    loss = rows.level.astype(np.int64) * max(sizes) + rows.domain
    keys: NDArray[np.int64] = rows.node.astype(np.int64) * (len(sizes) * max(sizes)) + loss
    return keys


def top(problem: Problem) -> Ints:
    """[nodes, resources]: what is reserved already, which `capacity` does not have."""
    return problem.reserved.most(*problem.capacity.shape)


def growth(problem: Problem, restarts: Restarts) -> Ints:
    """[nodes, resources]: room that the restarts set aside beyond what is reserved already."""
    needed = np.zeros(problem.capacity.shape, np.int64)
    if len(restarts):
        found = losses(problem, restarts)
        np.maximum.at(needed, found.node, found.amount)
    more: Ints = np.maximum(needed - top(problem), 0)
    return more


def used(problem: Problem, placement: Placement) -> Ints:
    """[nodes, resources]: what the instances take."""
    total = np.zeros(problem.capacity.shape, np.int64)
    taken = problem.demand[problem.rate[placement.node], placement.mode] * placement.instances[:, None]
    np.add.at(total, placement.node, taken)
    return total


def free(problem: Problem, placement: Placement) -> Ints:
    """[nodes, resources]: what instances and the room set aside leave to others."""
    left: Ints = problem.capacity - used(problem, placement)
    return left - growth(problem, placement.restarts) if len(placement.restarts) else left
