"""Assign: the largest loss first, and every loss into room that others have set aside before it takes any more.

Losses come one at a time, so that restarts of different losses share their room; only those of one loss add up.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from solver.constraints import Apart, Standby
from solver.failover.needs import Loss, Need, needs
from solver.failover.room import Room
from solver.problem import Ids, Placement, Problem
from solver.restarts import Restarts

WINDOW = 2048
"""Nodes that are looked at in one go, in the order of what they risk."""


@dataclass(frozen=True, slots=True)
class Assigned:
    """restarts: new ones. short: rules that they are not enough for."""

    restarts: Restarts
    short: tuple[Standby, ...]


def assign(
    problem: Problem, placement: Placement, known: Restarts, late: Callable[[], bool] = lambda: False
) -> Assigned:
    """Restarts for all that the placement has. known: those that are decided on already. When `late` comes in between,
    what is left is short."""
    asked = needs(problem, placement, known)
    if not asked:
        return Assigned(Restarts(), ())
    return _Assignment(problem, placement, known, asked).run(late)


class _Assignment:
    def __init__(self, problem: Problem, placement: Placement, known: Restarts, asked: dict[Loss, list[Need]]) -> None:
        self.problem = problem
        self.asked = asked
        self.room = Room(problem, placement, known)
        self.apart = _Apart(problem, placement, known)
        self.size = problem.demand[0] @ self.room.scarcity
        self.weight = {loss: sum(self._weigh(need) for need in found) for loss, found in asked.items()}
        self.orders: dict[int, Ids] = {}
        self.risk = self._risk()
        self.rows: list[tuple[int, int, int, int, int]] = []

    def run(self, late: Callable[[], bool]) -> Assigned:
        """Over all losses, rules that may use few nodes before those that may use more: these share what those need
        aside anyway."""
        short: list[Standby] = []
        back: dict[Loss, dict[int, int]] = {loss: {} for loss in self.asked}
        rows = [(loss, need) for loss, found in self.asked.items() for need in found]
        for loss, need in sorted(rows, key=lambda row: self._turn(*row)):
            with self.room.losing(loss):
                if late() or self._restart(loss, need, back[loss]):
                    short.append(need.rule)
        return Assigned(Restarts.of(self.rows), tuple(dict.fromkeys(short)))

    def _turn(self, loss: Loss, need: Need) -> tuple[int, float, Loss, int, float, tuple[int, ...]]:
        scope = min(len(self.problem.allowed[workload]) for workload in need.rule.workloads).bit_length()
        several = len(need.rule.workloads)
        return scope, -self.weight[loss], loss, several, -self._largest(need), need.rule.workloads

    def _restart(self, loss: Loss, need: Need, back: dict[int, int]) -> int:
        """How many are left without a place. back: restarts of this loss by workload; another rule may have made
        them."""
        left = need.instances - sum(back.get(workload, 0) for workload in need.lost)
        for workload in sorted(need.lost, key=lambda each: (self.size[self.problem.modes[each]], each)):
            most = min(need.lost[workload] - back.get(workload, 0), left)
            if most > 0:
                done = self._place(loss, workload, most)
                back[workload] = back.get(workload, 0) + done
                left -= done
        return max(left, 0)

    def _place(self, loss: Loss, workload: int, wanted: int) -> int:
        """First on room that is set aside anyway, then on nodes where some is, then on others by what they risk."""
        done = 0
        aside = self._usable(loss, workload, self.room.aside_nodes())
        for mode in self.problem.modes_of(workload):
            done += self._put(loss, mode, aside, self.room.spare(mode, aside), wanted - done)
        for mode in self.problem.modes_of(workload):
            done += self._put(loss, mode, aside, self.room.fits(mode, aside), wanted - done)
        order = self._order(workload)
        for start in range(0, len(order) if done < wanted else 0, WINDOW):
            nodes = self._usable(loss, workload, order[start : start + WINDOW])
            for mode in self.problem.modes_of(workload):
                done += self._put(loss, mode, nodes, self.room.fits(mode, nodes), wanted - done)
            if done >= wanted:
                break
        return done

    def _put(self, loss: Loss, mode: int, nodes: Ids, fits: NDArray[np.int64], wanted: int) -> int:
        """Nodes in their order, each as full as it gets."""
        done = 0
        for at in np.flatnonzero(fits).tolist() if wanted > 0 else ():
            count = min(int(fits[at]), wanted - done)
            node = int(nodes[at])
            self.room.take(mode, node, count)
            self.apart.take(loss, mode, node)
            self.rows.append((mode, node, *loss, count))
            done += count
            if done >= wanted:
                break
        return done

    def _usable(self, loss: Loss, workload: int, nodes: Ids) -> Ids:
        """Those outside of the loss that the workload may restart on."""
        problem, (level, domain) = self.problem, loss
        allowed = problem.allowed[workload]
        here = np.minimum(np.searchsorted(allowed, nodes), max(len(allowed) - 1, 0))
        good = (allowed[here] == nodes) if len(allowed) else np.zeros(len(nodes), np.bool_)
        good &= problem.topology.domain[level, nodes] != domain
        return self.apart.keep(loss, workload, nodes[good])

    def _order(self, workload: int) -> Ids:
        """Nodes where little is lost with them first; of these the expensive ones, which running instances avoid."""
        allowed = self.problem.allowed[workload]
        key = id(allowed)
        if key not in self.orders:
            price = self.problem.price[allowed].sum(axis=1) if len(self.problem.price) else np.zeros(len(allowed))
            self.orders[key] = allowed[np.lexsort((-price, self.risk[allowed]))]
        return self.orders[key]

    def _risk(self) -> NDArray[np.float64]:
        """[nodes]: the largest need of a loss that the node would be lost in; room there is no help for that one."""
        risk = np.zeros(self.problem.nodes)
        for level in {level for level, _ in self.asked}:
            table = np.zeros(self.problem.topology.sizes[level])
            for (at, domain), weight in self.weight.items():
                if at == level:
                    table[domain] = weight
            risk = np.maximum(risk, table[self.problem.topology.domain[level]])
        return risk

    def _weigh(self, need: Need) -> float:
        return need.instances * self._largest(need)

    def _largest(self, need: Need) -> float:
        return max(float(self.size[self.problem.modes[workload]]) for workload in need.lost)


class _Apart:
    """Restarts stay away from domains where another part runs, and from those where one restarts of the same loss."""

    def __init__(self, problem: Problem, placement: Placement, known: Restarts) -> None:
        self.problem = problem
        self.parts: dict[int, list[tuple[int, int, int]]] = {}
        self.running: list[dict[int, set[int]]] = []
        self.returning: list[dict[tuple[Loss, int], set[int]]] = []
        for number, rule in enumerate(rule for rule in problem.rules if isinstance(rule, Apart)):
            self.running.append({})
            self.returning.append({})
            for part, workloads in enumerate(rule.parts):
                for workload in workloads:
                    self.parts.setdefault(workload, []).append((number, part, rule.level))
        if self.parts:
            for stand in (placement, problem.fixed):
                for mode, node in zip(stand.mode.tolist(), stand.node.tolist(), strict=True):
                    for number, part, level in self._of(mode):
                        self.running[number].setdefault(self._domain(level, node), set()).add(part)
            for mode, node, level, domain, _ in (known + problem.fixed.restarts).rows():
                self.take((level, domain), mode, node)

    def take(self, loss: Loss, mode: int, node: int) -> None:
        if self.parts:
            for number, part, level in self._of(mode):
                self.returning[number].setdefault((loss, self._domain(level, node)), set()).add(part)

    def keep(self, loss: Loss, workload: int, nodes: Ids) -> Ids:
        """Those of the nodes that hold no other part."""
        for number, part, level in self.parts.get(workload, ()):
            running, returning = self.running[number], self.returning[number]
            where = self.problem.topology.domain[level, nodes].tolist()
            good = [(running.get(d, set()) | returning.get((loss, d), set())) <= {part} for d in where]
            nodes = nodes[np.array(good, np.bool_)]
        return nodes

    def _of(self, mode: int) -> list[tuple[int, int, int]]:
        return self.parts.get(int(np.searchsorted(self.problem.modes, mode, side="right")) - 1, [])

    def _domain(self, level: int, node: int) -> int:
        return int(self.problem.topology.domain[level, node])
