"""Problems for tests: `problem(workload(cpu=3), node(cpu=2))` names what matters, the rest defaults."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from solver.constraints import Rule
from solver.problem import Ints, Placement, Problem, Then, Topology

LEVELS = ("server", "rack", "site", "city", "province", "region", "carrier")
SERVER, RACK, SITE, CITY, PROVINCE, REGION, CARRIER = range(len(LEVELS))
PLENTY = 1_000_000

Row = tuple[int, int, int]  # mode, node, instances


@dataclass(frozen=True, slots=True)
class Node:
    """A server: free amounts by resource (plenty of what is not named), and where it stands."""

    free: Mapping[str, int] = field(default_factory=dict)
    rack: int = 0
    site: int = 0
    city: int | None = None
    province: int = 0
    region: int = 0
    carrier: int = 0
    rate: int = 0
    price: int | Sequence[int] = 1
    busy: bool = False

    def domains(self, index: int, racks: dict[tuple[int, int], int]) -> list[int]:
        """Its domain at each level; a rack is numbered within its site, all other domains are world-wide."""
        rack = racks.setdefault((self.site, self.rack), len(racks))
        city = self.site if self.city is None else self.city
        return [index, rack, self.site, city, self.province, self.region, self.carrier]


@dataclass(frozen=True, slots=True)
class Workload:
    """modes: what an instance takes in each mode. units: factor on its CPU, by rate of the node."""

    modes: Sequence[Mapping[str, int]]
    count: int = 1
    must: int = 0
    weight: int = 1
    size: int | Sequence[int] = 1
    allowed: Sequence[int] | None = None
    units: Sequence[int] = (1,)


def node(
    *,
    rack: int = 0,
    site: int = 0,
    city: int | None = None,
    province: int = 0,
    region: int = 0,
    carrier: int = 0,
    rate: int = 0,
    price: int | Sequence[int] = 1,
    busy: bool = False,
    **free: int,
) -> Node:
    """`node(cpu=2, rack=1, site=3)`; a site is its own city unless `city` says otherwise."""
    return Node(free, rack, site, city, province, region, carrier, rate, price, busy)


def pair(level: int) -> tuple[Node, Node]:
    """Two nodes in different domains of the level and of all finer ones, in one domain of every coarser one.

    (Carriers stand beside the hierarchy: there, the two sites of one city are on different carriers.)
    """
    second = {
        SERVER: node(),
        RACK: node(rack=1),
        SITE: node(rack=1, site=1, city=0),
        CITY: node(rack=1, site=1),
        PROVINCE: node(rack=1, site=1, province=1),
        REGION: node(rack=1, site=1, province=1, region=1),
        CARRIER: node(rack=1, site=1, city=0, carrier=1),
    }
    return node(), second[level]


def mates(level: int) -> tuple[Node, Node]:
    """Two nodes in one domain of the level, and in different ones of every finer level. Not for SERVER."""
    return pair(REGION if level == CARRIER else level - 1)


def workload(
    *,
    count: int = 1,
    must: int = 0,
    weight: int = 1,
    size: int | Sequence[int] = 1,
    allowed: Sequence[int] | None = None,
    modes: Sequence[Mapping[str, int]] = (),
    units: Sequence[int] = (1,),
    **takes: int,
) -> Workload:
    """`workload(cpu=3, count=2)`, allowed everywhere; `modes=[{...}, {...}]` instead for several modes."""
    return Workload(modes or [takes or {"cpu": 1}], count, must, weight, size, allowed, units)


def problem(
    *parts: Node | Workload,
    rules: Sequence[Rule] = (),
    fixed: Sequence[Row] = (),
    then: Then | None = None,
    slot: Mapping[str, int] | None = None,
) -> Problem:
    """Nodes and workloads in any order; domains are numbered as given, racks by first appearance.

    fixed: (mode, node, instances) rows; their room is already taken out of the nodes. slot: of the big instance.
    """
    nodes = [part for part in parts if isinstance(part, Node)]
    workloads = [part for part in parts if isinstance(part, Workload)]
    modes = [(work, mode) for work in workloads for mode in work.modes]
    amounts = [each.free for each in nodes] + [mode for _, mode in modes]
    names = list(dict.fromkeys(["cpu", *(name for amount in amounts for name in amount)]))
    rates = range(max([1 + each.rate for each in nodes] + [len(work.units) for work in workloads], default=1))
    everywhere = range(len(nodes))
    width = max([1] + [len(each.price) for each in nodes if not isinstance(each.price, int)])
    return Problem(
        topology=_topology(nodes),
        capacity=_table([[each.free.get(name, PLENTY) for name in names] for each in nodes], len(names)),
        rate=np.array([each.rate for each in nodes], np.int32),
        demand=_demand(modes, names, rates),
        modes=np.cumsum([0, *(len(work.modes) for work in workloads)], dtype=np.int32),
        count=_column([work.count for work in workloads]),
        must=_column([work.must for work in workloads]),
        weight=_column([work.weight for work in workloads]),
        allowed=tuple(
            np.array(sorted(everywhere if work.allowed is None else work.allowed), np.int32) for work in workloads
        ),
        rules=tuple(rules),
        fixed=Placement.of(fixed),
        then=then,
        price=_prices([each.price for each in nodes], width),
        size=_prices([work.size for work in workloads], width),
        busy=np.array([each.busy for each in nodes], np.bool_),
        slot=_table([[(slot or {}).get(name, 0) for name in names] for _ in rates], len(names)),
    )


def _demand(modes: Sequence[tuple[Workload, Mapping[str, int]]], names: Sequence[str], rates: range) -> Ints:
    """[rates, modes, resources]"""
    table = np.array([[[mode.get(name, 0) for name in names] for _, mode in modes] for _ in rates], np.int64)
    table = table.reshape(len(rates), len(modes), len(names))
    for rate in rates:
        for column, (work, _) in enumerate(modes):
            table[rate, column, 0] *= work.units[min(rate, len(work.units) - 1)]
    return table


def _topology(nodes: Sequence[Node]) -> Topology:
    racks: dict[tuple[int, int], int] = {}
    domain = np.array([each.domains(index, racks) for index, each in enumerate(nodes)], np.int32)
    table = np.ascontiguousarray(domain.reshape(-1, len(LEVELS)).T)
    return Topology(LEVELS, table, tuple(int(row.max(initial=-1)) + 1 for row in table))


def _prices(rows: Sequence[int | Sequence[int]], width: int) -> Ints:
    """Without those that nodes have no price for."""
    every = [[row] if isinstance(row, int) else list(row) for row in rows]
    return _table([(row + [0] * width)[:width] for row in every], width)


def _column(values: Sequence[int]) -> Ints:
    return np.array(values, np.int64)


def _table(rows: Sequence[Sequence[int]], width: int) -> Ints:
    return np.array(rows, np.int64).reshape(-1, width)
