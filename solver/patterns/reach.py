"""Reach: at most how many instances of one workload its nodes and its own rules allow, alone in the world."""

from __future__ import annotations

from functools import cached_property

import numpy as np

from solver.constraints import Children
from solver.patterns import kernels
from solver.patterns.limits import Limit, limits
from solver.patterns.outlook import Outlook
from solver.problem import Ids, Ints


class Reach:
    """Slots per node, then limits per domain from fine to coarse; every figure is an upper bound.

    nodes: where at least one instance fits. slots [nodes]: how many there. total: how many everywhere.
    limits: those of coarser levels than the server. children: (rule, reach of the child).
    """

    def __init__(self, outlook: Outlook, workload: int, followed: frozenset[int] = frozenset()) -> None:
        """followed: the masters on the way here."""
        self.outlook = outlook
        self.problem, self.standing = outlook.problem, outlook.standing
        self.workload = workload
        self.wanted = int(self.problem.count[workload])
        self.children = [
            (rule, Reach(outlook, rule.child, followed | {workload}))
            for rule in outlook.rules[workload]
            if isinstance(rule, Children) and workload in rule.masters and rule.child not in followed
        ]
        self._sums: dict[int, Ints] = {}
        self._parents: dict[tuple[int, int], Ids] = {}
        found = limits(outlook, workload) + [self._followed(*pair) for pair in self.children]
        self.nodes, self.slots = self._alone([limit for limit in found if limit.level == 0])
        self.limits = sorted((limit for limit in found if limit.level), key=lambda limit: limit.level)

    def _alone(self, found: list[Limit]) -> tuple[Ids, Ints]:
        """Slots of the nodes, under the limits of the server level."""
        most = min([self.wanted, *(int(limit.room(self.wanted, 1)[0]) for limit in found if limit.uniform)])
        nodes, slots = self.outlook.slots(self.workload, most)
        server = self.problem.topology.domain[0]
        found = [limit for limit in found if not limit.uniform]
        for limit in found:
            slots = limit.keep(slots, limit.room(self.wanted, self.problem.topology.sizes[0])[server[nodes]])
        return (nodes[slots > 0], slots[slots > 0]) if found else (nodes, slots)

    def _followed(self, rule: Children, child: Reach) -> Limit:
        """No master without room for its child in the same domain."""
        size = self.problem.topology.sizes[rule.level]
        room, masters = child.at(rule.level), np.zeros(size, np.int64)
        for array, workloads in ((room, (rule.child,)), (masters, rule.masters)):
            domains, _, count = self.standing.per_domain(workloads, rule.level)
            array[domains] += count
        if rule.ratio is not None:
            most = rule.ratio * room
        else:
            most = np.where(room >= (rule.each or 0), self.wanted + masters, 0)
        top = int(most.max(initial=0))
        return Limit(rule.level, top, top - most + masters)

    def at(self, level: int) -> Ints:
        """[domains]: at most so many in each domain of the level."""
        amount = np.minimum(self.sums(level), self.wanted)
        for limit in self.limits:
            if limit.level == level:
                amount = np.minimum(amount, limit.room(self.wanted, len(amount)))
        return amount

    @cached_property
    def total(self) -> int:
        """The greatest fixed point from above, since shares are of the total itself; any iterate is a bound."""
        total = min(self.wanted, int(self.slots.sum()))
        for rule, child in self.children:
            if rule.ratio is not None:
                total = min(total, rule.ratio * (child.total + self.standing.fixed((rule.child,))))
        for _ in range(32 if self.limits else 0):
            fits = self._under(total)
            if fits >= total:
                break
            total = fits
        return total

    def _under(self, total: int) -> int:
        """The limits applied from fine to coarse where domains nest, each by itself where they do not."""
        best, here, amount = total, 0, self.slots
        for limit in self.limits:
            if limit.level != here and len(self.above(here, limit.level)):
                amount, here = self.lifted(amount, here, limit.level), limit.level
            alone = amount if limit.level == here else self.sums(limit.level)
            room = limit.room(total, len(alone))
            if limit.single:
                best = min(best, int(np.minimum(alone, room).max(initial=0)))
            else:
                kept = limit.keep(alone, room)
                best = min(best, int(kept.sum()))
                amount = kept if limit.level == here else amount
        return best

    def lifted(self, amount: Ints, fine: int, coarse: int) -> Ints:
        """Amounts per fine domain summed over the coarse domains that contain them."""
        if fine == 0:
            return self.sums(coarse)
        total = np.zeros(self.problem.topology.sizes[coarse], np.int64)
        parent = self.above(fine, coarse)
        np.add.at(total, parent[parent >= 0], amount[parent >= 0])
        return total

    def sums(self, level: int) -> Ints:
        """[domains]: slots of the level's domains."""
        topology = self.problem.topology
        if level not in self._sums:
            self._sums[level] = kernels.gathered(self.slots, self.nodes, topology.domain[level], topology.sizes[level])
        return self._sums[level]

    def above(self, fine: int, coarse: int) -> Ids:
        """The coarse domain of every fine one (-1: unused); empty when they do not nest."""
        topology = self.problem.topology
        if fine == 0:
            servers: Ids = topology.domain[coarse]
            return servers
        if (fine, coarse) not in self._parents:
            self._parents[fine, coarse] = kernels.parents(
                self.nodes, topology.domain[fine], topology.sizes[fine], topology.domain[coarse]
            )
        return self._parents[fine, coarse]
