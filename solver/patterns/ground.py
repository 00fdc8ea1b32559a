"""Ground: all servers of one domain and one rate seen as one cell, with room and slots that nothing can exceed."""

from __future__ import annotations

import numpy as np

from solver.patterns import kernels
from solver.problem import Ids, Ints, Problem


class Ground:
    """cell_of [nodes]; rate [cells]; capacity [cells, resources]: summed over the nodes that can be used at all.

    level: whose domains the cells are, the finest above the server with at most `most` of them. whole: no
    domain has servers of two rates, which would be two cells.
    """

    def __init__(self, problem: Problem, most: int) -> None:
        sizes, rates = problem.topology.sizes, problem.demand.shape[0]
        self.problem = problem
        self.level = next((row for row in range(1, len(sizes)) if sizes[row] <= most), len(sizes) - 1)
        domain = problem.topology.domain[self.level].astype(np.int64)
        key, cell_of = np.unique(domain * rates + problem.rate, return_inverse=True)
        self.cell_of: Ids = cell_of.astype(np.int32)
        self.rate: Ids = (key % rates).astype(np.int32)
        self.whole = len(key) == len(np.unique(key // rates))
        self.nodes: Ids = np.arange(problem.nodes, dtype=np.int32)
        self.usable = usable = _usable(problem)
        self.capacity: Ints = np.stack(
            [kernels.gathered(column[usable], usable, self.cell_of, len(self)) for column in problem.capacity.T], axis=1
        )
        self._domains: dict[int, Ids] = {}
        self._cells: dict[int, Ids] = {}

    def __len__(self) -> int:
        return len(self.rate)

    def domains(self, level: int) -> Ids:
        """[cells]: the domain of the level that contains the cell; empty when cells straddle domains."""
        if level not in self._domains:
            coarse = self.problem.topology.domain[level]
            self._domains[level] = kernels.parents(self.nodes, self.cell_of, len(self), coarse)
        return self._domains[level]

    def cells(self, level: int) -> Ids:
        """[domains of the level]: the cell that contains it (-1: no node); empty when domains straddle cells."""
        if level not in self._cells:
            topology = self.problem.topology
            fine, size = topology.domain[level], topology.sizes[level]
            self._cells[level] = kernels.parents(self.nodes, fine, size, self.cell_of)
        return self._cells[level]

    def lowest(self, value: Ints, nodes: Ids) -> Ints:
        """[cells]: the least value on these nodes; without meaning where there are none."""
        return kernels.lowest(value, nodes, self.cell_of, len(self), False)[0]

    def slots(self, need: Ints) -> Ints:
        """[cells]: instances that fit server by server when alone in the world; need [rates, resources] of each."""
        problem = self.problem
        nodes, many = kernels.slots(
            problem.capacity, problem.rate, np.ascontiguousarray(need[:, None]), self.usable, 1 << 31
        )
        return kernels.gathered(many, nodes, self.cell_of, len(self))


def _usable(problem: Problem) -> Ids:
    """The nodes that any workload with a wish may use, and that are not overbooked."""
    usable = np.zeros(problem.nodes, np.bool_)
    for allowed in {id(problem.allowed[w]): problem.allowed[w] for w in np.flatnonzero(problem.count)}.values():
        usable[allowed] = True
    return np.flatnonzero(usable & (problem.capacity >= 0).all(axis=1)).astype(np.int32)
