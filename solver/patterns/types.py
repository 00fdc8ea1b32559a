"""Servers that no item can tell apart are one type; amounts are counted in the steps that the demand makes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from solver.objective.slots import left
from solver.patterns.items import Items
from solver.patterns.pricing import Pricer, pricer
from solver.problem import Ids, Ints, Problem


@dataclass(frozen=True, slots=True)
class Types:
    """type_of [nodes] (-1: no use to any item), many [types] nodes each. The rest is per type, amounts in steps.

    capacity [types, resources]; rate; price [types, prices]; opens: 1 when using such a node opens a server; slots:
    big instances that one holds; fits [types, items]: eligibility. demand [rates, variants, resources] and slot
    [rates, resources] are the problem's in the same steps. prices: finds the best contents; only the resources that
    it looks at are kept.
    """

    type_of: Ids
    many: Ints
    capacity: Ints
    rate: Ids
    price: Ints
    opens: Ints
    slots: Ints
    fits: NDArray[np.bool_]
    demand: Ints
    slot: Ints
    prices: Pricer

    def __len__(self) -> int:
        return len(self.many)


def types(problem: Problem, asked: Items) -> Types:
    """Group the nodes. Room is rounded down to multiples of the greatest common divisor of all that is taken of
    it, and to all that could be taken: neither changes what fits."""
    slot = problem.slot if problem.then == "largest-slots" else np.zeros_like(problem.demand[:, 0])
    steps = np.gcd(np.gcd.reduce(asked.demand, axis=1), slot)
    steps[steps == 0] = np.iinfo(np.int64).max
    member = _membership(problem, asked)
    useful = np.flatnonzero((member != 0).any(axis=1) & (problem.capacity >= 0).all(axis=1))
    rate = problem.rate[useful]
    demand, slot = asked.demand // steps[:, None], slot // steps
    capacity = problem.capacity[useful] // steps[rate]
    if not slot.any():
        most = (demand * asked.wanted[asked.owner][None, :, None]).sum(axis=1)
        capacity = np.minimum(capacity, most[rate])
    prices = pricer(capacity, distinct(demand, slot))
    capacity[:, [column for column in range(capacity.shape[1]) if column not in prices.resources]] = 0
    nothing = np.zeros(len(useful), np.int64)
    price = problem.price[useful] if problem.then == "cost" else nothing[:, None]
    opens = (~problem.busy[useful]).astype(np.int64) if problem.then == "fewest-servers" else nothing
    table = np.concatenate([capacity, rate[:, None], price, opens[:, None], member[useful]], axis=1)
    _, first, position, many = np.unique(table, axis=0, return_index=True, return_inverse=True, return_counts=True)
    type_of = np.full(problem.nodes, -1, np.int32)
    type_of[useful] = position
    nodes = useful[first].astype(np.int32)
    return Types(
        type_of=type_of,
        many=many.astype(np.int64),
        capacity=capacity[first],
        rate=problem.rate[nodes],
        price=price[first],
        opens=opens[first],
        slots=_slots(problem, nodes) if slot.any() else np.zeros(len(nodes), np.int64),
        fits=(member[nodes][:, asked.kind // 62] >> (asked.kind % 62) & 1).astype(np.bool_),
        demand=demand,
        slot=slot,
        prices=prices,
    )


def distinct(demand: Ints, slot: Ints) -> Ints:
    """[rows, resources]: every different size at any rate, the big instance's included."""
    every = np.concatenate([demand, slot[:, None]], axis=1)
    return np.unique(every.reshape(-1, every.shape[2]), axis=0)


def _membership(problem: Problem, asked: Items) -> Ints:
    """[nodes, words]: one bit for each kind of item that may use the node."""
    member = np.zeros((problem.nodes, len(asked.allowed) // 62 + 1), np.int64)
    for kind, nodes in enumerate(asked.allowed):
        member[nodes, kind // 62] |= 1 << (kind % 62)
    return member


def _slots(problem: Problem, nodes: Ids) -> Ints:
    """Big instances that fit into each node while nothing is placed on it; none where the big instance is nothing."""
    real = problem.slot[problem.rate[nodes]].any(axis=1)
    found = np.zeros(len(nodes), np.int64)
    if real.any():
        found[real] = left(problem, nodes[real], problem.capacity[nodes[real]])
    return found
