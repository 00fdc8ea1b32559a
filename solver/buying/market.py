"""Market: servers that may be bought, each kind in each site as one node of the problem, and as many more as wanted."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from solver.problem import Ids, Ints, Problem, Topology


@dataclass(frozen=True, slots=True)
class Market:
    """problem: among its nodes one empty server for each offer; nothing has to be optimised but what is placed.

    nodes [offers]: these. price [offers]: of one server. site [offers]: where it stands, a row of the others.
    room [sites]: servers that a site takes. opening [sites]: what it costs to have it at all.
    """

    problem: Problem
    nodes: Ids
    price: Ints
    site: Ids
    room: Ints
    opening: Ints

    def cost(self, counts: Ints) -> int:
        """counts [offers]: servers that are bought."""
        opened = np.unique(self.site[counts > 0])
        return int(counts @ self.price + self.opening[opened].sum())

    def fits(self, counts: Ints) -> bool:
        """No site has more than it takes."""
        return bool((np.bincount(self.site, counts, len(self.room)) <= self.room).all())

    def stocked(self, counts: Ints) -> tuple[Problem, Ids]:
        """(the problem with so many servers of each offer, the offer of every node; -1: it stands there anyway).

        The first server of an offer is its node, others follow behind all nodes.
        """
        problem = self.problem
        more = np.repeat(np.arange(len(counts)), np.maximum(counts - 1, 0))
        like = self.nodes[more]
        offer = np.full(problem.nodes + len(like), -1, np.int32)
        offer[self.nodes] = np.arange(len(self.nodes))
        offer[problem.nodes :] = more
        domain = np.concatenate([problem.topology.domain, problem.topology.domain[:, like]], axis=1)
        domain[0, problem.nodes :] = problem.topology.sizes[0] + np.arange(len(like))
        sizes = (problem.topology.sizes[0] + len(like), *problem.topology.sizes[1:])
        stocked = replace(
            problem,
            topology=Topology(problem.topology.names, np.ascontiguousarray(domain), sizes),
            capacity=np.concatenate([problem.capacity, problem.capacity[like]]),
            rate=np.concatenate([problem.rate, problem.rate[like]]),
            price=np.concatenate([problem.price, problem.price[like]]),
            busy=np.concatenate([problem.busy, np.zeros(len(like), np.bool_)]),
            allowed=self._allowed(counts, like),
        )
        return stocked, offer

    def _allowed(self, counts: Ints, like: Ids) -> tuple[Ids, ...]:
        """Without nodes of offers that are not bought; workloads that shared an array still do."""
        problem, known = self.problem, dict[int, Ids]()
        closed = np.zeros(problem.nodes, np.bool_)
        closed[self.nodes[counts == 0]] = True
        for allowed in problem.allowed:
            if id(allowed) not in known:
                inside = np.zeros(problem.nodes, np.bool_)
                inside[allowed] = True
                more = problem.nodes + np.flatnonzero(inside[like])
                known[id(allowed)] = np.concatenate([allowed[~closed[allowed]], more]).astype(np.int32)
        return tuple(known[id(allowed)] for allowed in problem.allowed)
