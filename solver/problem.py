"""What the solver is asked: nodes, workloads and rules, columnar, frozen, all integers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from solver.restarts import Reserved, Restarts

if TYPE_CHECKING:
    from solver.constraints.base import Rule

Ints = NDArray[np.int64]
Ids = NDArray[np.int32]
Then = Literal["cost", "fewest-servers", "largest-slots"]


@dataclass(frozen=True, slots=True, eq=False)
class Topology:
    """Where nodes stand: for each level (finest first) the domain of every node.

    names: level names, `server` first. domain: [levels, nodes], ids counted from 0 per level.
    sizes: number of domains per level.
    """

    names: tuple[str, ...]
    domain: Ids
    sizes: tuple[int, ...]

    def level(self, name: str) -> int:
        return self.names.index(name)


@dataclass(frozen=True, slots=True)
class Placement:
    """How many instances of each mode stand on which node: three parallel columns, rows unique and positive.

    restarts: what starts where when a domain is lost, for workloads with standby.
    """

    mode: Ids
    node: Ids
    instances: Ints
    restarts: Restarts = field(default_factory=Restarts)

    @staticmethod
    def empty() -> Placement:
        return Placement(np.empty(0, np.int32), np.empty(0, np.int32), np.empty(0, np.int64))

    @staticmethod
    def of(rows: Sequence[tuple[int, int, int]]) -> Placement:
        """From (mode, node, instances) rows; repeated (mode, node) pairs are summed, zeros dropped."""
        if not rows:
            return Placement.empty()
        table = np.array(rows, dtype=np.int64).reshape(-1, 3)
        return Placement.merge(table[:, 0], table[:, 1], table[:, 2])

    @staticmethod
    def merge(mode: NDArray[np.integer], node: NDArray[np.integer], instances: NDArray[np.integer]) -> Placement:
        """Sum repeated (mode, node) pairs, drop zeros, order by mode and node."""
        span = int(node.max(initial=0)) + 1
        key, inverse = np.unique(mode.astype(np.int64) * span + node, return_inverse=True)
        total = np.zeros(len(key), np.int64)
        np.add.at(total, inverse, instances)
        keep = total != 0
        key = key[keep]
        return Placement((key // span).astype(np.int32), (key % span).astype(np.int32), total[keep])

    def __add__(self, other: Placement) -> Placement:
        merged = Placement.merge(
            np.concatenate([self.mode, other.mode]),
            np.concatenate([self.node, other.node]),
            np.concatenate([self.instances, other.instances]),
        )
        return merged.along_with(self.restarts + other.restarts)

    def along_with(self, restarts: Restarts) -> Placement:
        """The same instances with these restarts instead of its own."""
        return Placement(self.mode, self.node, self.instances, restarts)

    def __len__(self) -> int:
        return len(self.mode)


@dataclass(frozen=True, slots=True)
class Violation:
    """One broken rule, in integers; the planner gives it words.

    rule: the family's name. workloads: those concerned. level, domain: where (-1: everywhere).
    found, allowed: the amounts that disagree, in the family's unit. resource: column (-1: none).
    lost: the level and domain whose loss brings it about.
    """

    rule: str
    workloads: tuple[int, ...]
    level: int
    domain: int
    found: int
    allowed: int
    resource: int = -1
    lost: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Problem:
    """One placement question.

    capacity  [nodes, resources]: free amounts, net of `fixed` and of the largest room `reserved` on the node.
    rate      [nodes]: which row of `demand` speaks a node's units (nodes with another CPU overcommit count finer).
    demand    [rates, modes, resources]: what one instance takes in a mode.
    modes     [workloads + 1]: workload w has the modes modes[w] .. modes[w+1]-1 (one per NUMA cell; usually one).
    count     [workloads]: instances still wanted. must [workloads]: how many of them every plan has to place.
    weight    [workloads]: worth of one instance in the first objective (0: a child, which only follows).
    allowed   per workload: the nodes that it may run on, ascending (arrays may be shared between workloads).
    fixed     what already stands there: it counts for the rules, its room is already taken out of `capacity`.
    home      what runs and may move: it is part of `count` and of `must`, and its room is free in `capacity`.
    move_cost [workloads]: of taking one instance away from where `home` has it.
    price     [nodes, prices], size [workloads, prices]: `cost` of an instance is the sum of price x size.
    busy      [nodes]: already carries something, so that using it opens no new server.
    slot      [rates, resources]: the big instance whose remaining slots `largest-slots` keeps.
    reserved  room for standing restarts, whoever's they are: new ones may share it when their loss is another.
    """

    topology: Topology
    capacity: Ints
    rate: Ids
    demand: Ints
    modes: Ids
    count: Ints
    must: Ints
    weight: Ints
    allowed: tuple[Ids, ...]
    rules: tuple[Rule, ...] = ()
    fixed: Placement = field(default_factory=Placement.empty)
    home: Placement = field(default_factory=Placement.empty)
    move_cost: Ints = field(default_factory=lambda: np.empty(0, np.int64))
    then: Then | None = None
    price: Ints = field(default_factory=lambda: np.empty((0, 0), np.int64))
    size: Ints = field(default_factory=lambda: np.empty((0, 0), np.int64))
    busy: NDArray[np.bool_] = field(default_factory=lambda: np.empty(0, np.bool_))
    slot: Ints = field(default_factory=lambda: np.empty((0, 0), np.int64))
    reserved: Reserved = field(default_factory=Reserved)

    @property
    def nodes(self) -> int:
        return len(self.capacity)

    @property
    def workloads(self) -> int:
        return len(self.count)

    def cost(self, workload: int) -> Ints:
        """[nodes]: what one instance of the workload costs there."""
        total: Ints = self.price[:, 0] * self.size[workload, 0]
        for column in range(1, self.price.shape[1]):
            total += self.price[:, column] * self.size[workload, column]
        return total

    def owner(self, mode: Ids) -> Ids:
        """The workload of each mode."""
        return (np.searchsorted(self.modes, mode, side="right") - 1).astype(np.int32)

    def modes_of(self, workload: int) -> range:
        return range(int(self.modes[workload]), int(self.modes[workload + 1]))
