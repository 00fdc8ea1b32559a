"""First-fit, best-fit and least-allocated: each instance goes where its score is best now, and stays there.

Master and children are the exception: a child is asked for in the sites where its master stands by then. Such
schedulers know nothing of all-or-nothing; what they leave incomplete is told apart from what is whole in the end.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from benchmarks.baselines.limits import limits
from solver import referee
from solver.constraints import Children
from solver.problem import Ids, Ints, Placement, Problem

Order = Literal["first-fit", "best-fit", "least-allocated"]
ORDERS: tuple[Order, ...] = ("first-fit", "best-fit", "least-allocated")


@dataclass(frozen=True, slots=True)
class Scheduled:
    """placed: all that found a server. whole: without the applications and groups that break a rule as they stand."""

    placed: Placement
    whole: Placement


def schedule(problem: Problem, order: Order, capacity: Ints | None = None) -> Scheduled:
    """Place in the order of the workloads, each master before its children.

    best-fit: the server with the least room, each resource relative to the largest server.
    least-allocated: the server with the largest free share of `capacity` ([nodes, resources], default: what is free
    now) after placing, on average over the resources that are asked for, as kube-scheduler's plugin of this name.
    """
    scheduler = _Scheduler(problem, order, problem.capacity if capacity is None else capacity)
    for workload in _masters_first(problem):
        scheduler.place(workload)
    placed = Placement.of([row for rows in scheduler.rows for row in rows])
    return Scheduled(placed, whole(problem, placed))


def whole(problem: Problem, placement: Placement) -> Placement:
    """Without whatever the referee objects to, as often as it does."""
    while True:
        broken = {workload for found in referee.violations(problem, placement) for workload in found.workloads}
        keep = ~np.isin(problem.owner(placement.mode), list(broken))
        if keep.all():
            return placement
        placement = Placement(placement.mode[keep], placement.node[keep], placement.instances[keep])


def _masters_first(problem: Problem) -> list[int]:
    masters = {rule.child: rule.masters for rule in problem.rules if isinstance(rule, Children)}
    order: dict[int, None] = {}

    def visit(workload: int, children: tuple[int, ...]) -> None:
        for master in masters.get(workload, ()):
            if master not in order and master not in children:
                visit(master, (*children, workload))
        order[workload] = None

    for workload in range(problem.workloads):
        if workload not in order:
            visit(workload, ())
    return list(order)


class _Scheduler:
    """free: [nodes, resources]. rows: per workload (mode, node, instances), as placed."""

    def __init__(self, problem: Problem, order: Order, capacity: Ints) -> None:
        self.problem, self.order = problem, order
        self.capacity = np.maximum(capacity, 1)
        self.largest = np.maximum(problem.capacity.max(axis=0, initial=0), 1)
        self.free = problem.capacity.copy()
        self.limits = limits(problem)
        self.rules = {rule.child: rule for rule in problem.rules if isinstance(rule, Children)}
        self.rows: list[list[tuple[int, int, int]]] = [[] for _ in range(problem.workloads)]
        self._known: dict[tuple[int, int], list[tuple[int, int]]] = {}

    def place(self, workload: int) -> None:
        rule = self.rules.get(workload)
        if rule is None:
            self._spread(workload, self.problem.allowed[workload], int(self.problem.count[workload]))
            return
        domain = self.problem.topology.domain[rule.level]
        nodes = self.problem.allowed[workload]
        for where, missing in self._missing(rule):
            self._spread(workload, nodes[domain[nodes] == where], missing)

    def _missing(self, rule: Children) -> Iterator[tuple[int, int]]:
        """Children that each domain still needs."""
        missing = rule.needed(self._standing(rule.masters, rule.level)) - self._standing([rule.child], rule.level)
        yield from ((int(where), int(missing[where])) for where in np.flatnonzero(missing > 0))

    def _standing(self, workloads: Sequence[int], level: int) -> Ints:
        """[domains]: instances of the workloads, with the fixed ones."""
        placed = Placement.of([row for workload in workloads for row in self.rows[workload]])
        fixed = self.problem.fixed
        mine = np.isin(self.problem.owner(fixed.mode), workloads)
        node = np.concatenate([placed.node, fixed.node[mine]])
        instances = np.concatenate([placed.instances, fixed.instances[mine]])
        topology = self.problem.topology
        return np.bincount(topology.domain[level][node], instances, topology.sizes[level]).astype(np.int64)

    def _spread(self, workload: int, nodes: Ids, wanted: int) -> None:
        for limit in self.limits[workload]:
            nodes = nodes[limit.open(nodes)]
        if self.order == "least-allocated":
            self._level(workload, nodes, wanted)
        else:
            self._fill(workload, nodes, wanted)

    def _fill(self, workload: int, nodes: Ids, wanted: int) -> None:
        """A server that takes an instance stays the best one until it is full, so servers are filled one by one."""
        chosen = np.array(self.problem.modes_of(workload), np.int32)
        fits = np.concatenate([self._fits(mode, nodes) for mode in chosen.tolist()])
        mode, node = np.repeat(chosen, len(nodes))[fits], np.tile(nodes, len(chosen))[fits]
        score = node if self.order == "first-fit" else (self.free[node] / self.largest).sum(axis=1)
        ranked = np.lexsort((mode, node, score))
        for each, where in zip(mode[ranked].tolist(), node[ranked].tolist(), strict=True):
            if wanted == 0:
                return
            wanted -= self._put(workload, each, where, wanted)

    def _fits(self, mode: int, nodes: Ids) -> NDArray[np.bool_]:
        return np.asarray((self.free[nodes] >= self.problem.demand[self.problem.rate[nodes], mode]).all(axis=1))

    def _level(self, workload: int, nodes: Ids, wanted: int) -> None:
        """One instance at a time, as every one makes its server a worse choice for the next."""
        heap: list[tuple[float, int, int]] = []
        for mode in self.problem.modes_of(workload):
            fitting = nodes[self._fits(mode, nodes)]
            shares = self._free_shares(mode, fitting).tolist()
            heap += [(-share, node, mode) for share, node in zip(shares, fitting.tolist(), strict=True)]
        heapq.heapify(heap)
        while wanted and heap:
            _, node, mode = heap[0]
            placed = self._put(workload, mode, node, 1)
            if placed:
                wanted -= 1
                heapq.heapreplace(heap, (-self._free_share(mode, node), node, mode))
            else:
                heapq.heappop(heap)

    def _free_shares(self, mode: int, nodes: Ids) -> NDArray[np.float64]:
        """[nodes]: of the resources that the mode takes, after placing one."""
        need = self.problem.demand[self.problem.rate[nodes], mode]
        shares = np.where(need > 0, (self.free[nodes] - need) / self.capacity[nodes], 0).sum(axis=1)
        return np.asarray(shares / np.maximum((need > 0).sum(axis=1), 1))

    def _free_share(self, mode: int, node: int) -> float:
        """The same for one node, many times faster."""
        needs, free, capacity = self._needs(mode, node), self.free[node].tolist(), self.capacity[node].tolist()
        return float(sum((free[column] - need) / capacity[column] for column, need in needs) / max(len(needs), 1))

    def _needs(self, mode: int, node: int) -> list[tuple[int, int]]:
        """(resource, amount), those above zero."""
        key = mode, int(self.problem.rate[node])
        if key not in self._known:
            amounts = self.problem.demand[key[1], mode].tolist()
            self._known[key] = [(column, amount) for column, amount in enumerate(amounts) if amount]
        return self._known[key]

    def _put(self, workload: int, mode: int, node: int, wanted: int) -> int:
        """As many of the wanted as rules and room allow."""
        needs, free = self._needs(mode, node), self.free[node]
        count = min([wanted, *(int(free[column]) // need for column, need in needs)])
        count = min([count, *(limit.room(node) for limit in self.limits[workload])])
        if count <= 0:
            return 0
        for column, need in needs:
            free[column] -= need * count
        self.rows[workload].append((mode, node, count))
        for limit in self.limits[workload]:
            limit.put(node, count)
        return count
