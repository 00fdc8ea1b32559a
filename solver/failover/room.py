"""Room: what every node has free, what stands aside on it, and what one loss has taken of that."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
from numpy.typing import NDArray

from solver.aside import free, growth, top
from solver.failover.needs import Loss
from solver.problem import Ids, Ints, Placement, Problem
from solver.restarts import Restarts

PLENTY = 2**40


class Room:
    """free, aside, taken: [nodes, resources]; `taken` is that of the loss at hand, within `aside`."""

    def __init__(self, problem: Problem, placement: Placement, known: Restarts) -> None:
        self.problem = problem
        self.free = free(problem, placement.along_with(known))
        self.aside = top(problem) + growth(problem, known)
        self.taken = np.zeros_like(self.aside)
        self._rows: list[tuple[int, Ints]] = []
        self._here = set(np.flatnonzero(self.aside.any(axis=1)).tolist())
        self._sorted: Ids | None = None
        self.standing = self._standing(known)
        total = np.maximum(problem.capacity.sum(axis=0), 1)
        self.scarcity: NDArray[np.float64] = 1.0 / total

    def _standing(self, known: Restarts) -> dict[Loss, list[tuple[int, Ints]]]:
        """What each loss takes already: (node, amount) rows."""
        found: dict[Loss, list[tuple[int, Ints]]] = {}
        rows = self.problem.reserved
        for node, level, domain, amount in zip(
            rows.node.tolist(), rows.level.tolist(), rows.domain.tolist(), rows.amount, strict=True
        ):
            found.setdefault((level, domain), []).append((node, amount))
        for mode, node, level, domain, count in known.rows():
            each = self.problem.demand[self.problem.rate[node], mode]
            found.setdefault((level, domain), []).append((node, each * count))
        return found

    @contextmanager
    def losing(self, loss: Loss) -> Iterator[None]:
        """While one loss is looked at, `taken` is what it has of every node."""
        self._rows = self.standing.setdefault(loss, [])
        for node, amount in self._rows:
            self.taken[node] += amount
        try:
            yield
        finally:
            self.taken[[node for node, _ in self._rows]] = 0

    def aside_nodes(self) -> Ids:
        """Nodes where some room stands aside."""
        if self._sorted is None:
            self._sorted = np.array(sorted(self._here), np.int32)
        return self._sorted

    def spare(self, mode: int, nodes: Ids) -> Ints:
        """Instances that go into what is aside and not taken by this loss."""
        return self._instances(mode, nodes, self.aside[nodes] - self.taken[nodes])

    def fits(self, mode: int, nodes: Ids) -> Ints:
        """Instances that go there when all that is free may be set aside, too."""
        return self._instances(mode, nodes, self.aside[nodes] - self.taken[nodes] + np.maximum(self.free[nodes], 0))

    def _instances(self, mode: int, nodes: Ids, room: Ints) -> Ints:
        need = self.problem.demand[self.problem.rate[nodes], mode]
        each = np.where(need > 0, room // np.maximum(need, 1), PLENTY)
        most: Ints = np.maximum(each.min(axis=1, initial=PLENTY), 0)
        return most

    def take(self, mode: int, node: int, count: int) -> None:
        amount = self.problem.demand[self.problem.rate[node], mode] * count
        self.taken[node] += amount
        self._rows.append((node, amount))
        more = np.maximum(self.taken[node] - self.aside[node], 0)
        self.aside[node] += more
        self.free[node] -= more
        if node not in self._here:
            self._here.add(node)
            self._sorted = None
