"""Narrow: the same problem on fewer nodes, those that can matter."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from solver.constraints import Completeness
from solver.failover import concerned
from solver.patterns import kernels
from solver.problem import Ids, Placement, Problem, Topology
from solver.restarts import Reserved

FEW = 8
"""Workloads up to which the cheapest nodes are looked for."""
NEAR, FARTHER, SAMPLE = 2048, 4, 16
"""About how many of the cheapest nodes are looked at first, and how many times as many next; every how many-th node
tells what these cost."""
CHOICE, AMPLE = 1024, 2
"""Enough are those of which so many have room, for so many times what is asked for: as good to choose from as all."""


@dataclass(frozen=True, slots=True)
class Narrow:
    """problem: on some nodes of another one. nodes: which, ascending (None: all of them)."""

    problem: Problem
    nodes: Ids | None = None

    def whole(self, inner: Placement) -> Placement:
        return inner if self.nodes is None else Placement(inner.mode, self.nodes[inner.node], inner.instances)


def usable(problem: Problem) -> Narrow:
    """On the nodes that somebody may use or stands on, where these are at most half; no plan is lost, none is new."""
    if problem.then == "largest-slots" or concerned(problem):  # slots are counted, and standby is kept, everywhere
        return Narrow(problem)
    distinct = {id(nodes): nodes for nodes in problem.allowed}
    sets = [*distinct.values(), problem.fixed.node, problem.home.node]
    if 2 * max(map(len, sets)) > problem.nodes:
        return Narrow(problem)
    seen = np.zeros(problem.nodes, np.bool_)
    for nodes in sets:
        seen[nodes] = True
    found = np.flatnonzero(seen).astype(np.int32)
    return _on(problem, found) if 2 * len(found) <= problem.nodes else Narrow(problem)


def cheap(problem: Problem) -> Narrow | None:
    """On the cheapest nodes that have ample room for all: a plan that places all of it there is as good as one that
    could use the others, and its bounds hold for all plans. None where rules may want others, or there are no such.

    Of one workload alone, so many instances cost least on the nodes where one costs least; so no bound of cost by slots
    would use the others.
    """
    asked = np.flatnonzero(problem.count).tolist()
    plain = all(isinstance(rule, Completeness) for rule in problem.rules) and not len(problem.home)
    if problem.then != "cost" or not plain or concerned(problem) or not 0 < len(asked) <= FEW:
        return None
    near = [_cheapest(problem, workload) for workload in asked]
    if any(nodes is None for nodes in near):
        return None
    nodes = np.unique(np.concatenate([*(each for each in near if each is not None), problem.fixed.node]))
    return _on(problem, nodes.astype(np.int32)) if 2 * len(nodes) <= problem.nodes else None


def _cheapest(problem: Problem, workload: int) -> Ids | None:
    nodes, modes = problem.allowed[workload], problem.modes_of(workload)
    cost = problem.cost(workload)[nodes]
    demand = np.ascontiguousarray(problem.demand[:, modes.start : modes.stop])
    wanted, first, sample = int(problem.count[workload]), NEAR // SAMPLE, cost[::SAMPLE]
    while 2 * first <= len(sample):
        near: Ids = nodes[cost <= np.partition(sample, first)[first]]
        has, slots = kernels.slots(problem.capacity, problem.rate, demand, near, wanted)
        if len(has) >= CHOICE and slots.sum() >= AMPLE * wanted:
            return near
        first *= FARTHER
    return None


def _on(problem: Problem, nodes: Ids) -> Narrow:
    """The problem on these nodes; domains keep their numbers, but for the nodes' own level."""
    topology = problem.topology
    domain = np.take(topology.domain, nodes, axis=1)  # in order of rows, as compiled code knows it
    domain[0] = np.arange(len(nodes), dtype=np.int32)
    known = {id(allowed): _inside(allowed, nodes) for allowed in problem.allowed}
    inner = replace(
        problem,
        topology=Topology(topology.names, domain, (len(nodes), *topology.sizes[1:])),
        capacity=problem.capacity[nodes],
        rate=problem.rate[nodes],
        allowed=tuple(known[id(allowed)] for allowed in problem.allowed),
        fixed=_placed(problem.fixed, nodes),
        home=_placed(problem.home, nodes),
        price=problem.price[nodes] if len(problem.price) else problem.price,
        busy=problem.busy[nodes] if len(problem.busy) else problem.busy,
        reserved=Reserved(),
    )
    return Narrow(inner, nodes)


def _inside(allowed: Ids, nodes: Ids) -> Ids:
    """Positions of the nodes that are allowed; both ascend."""
    if not len(allowed):
        return allowed
    at = np.minimum(np.searchsorted(allowed, nodes), len(allowed) - 1)
    return np.flatnonzero(allowed[at] == nodes).astype(np.int32)


def _placed(placement: Placement, nodes: Ids) -> Placement:
    return Placement(placement.mode, np.searchsorted(nodes, placement.node).astype(np.int32), placement.instances)
