"""Rows: what runs and what is reserved, as columns, so that a loss counts what it takes in one sweep."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from planner.inventory.world import Allocation
from solver.problem import Ids, Ints

Entry = tuple[str, int]
"""An application, and the position of its demand entry."""


@dataclass(frozen=True, slots=True)
class Rows:
    """Allocations as columns, in the order of `every`: server, instances, entry (a row of `entries`), and whether they
    name neither cells nor devices."""

    every: tuple[Allocation, ...]
    server: Ids
    instances: Ints
    entry: Ids
    entries: tuple[Entry, ...]
    plain: NDArray[np.bool_]

    @staticmethod
    def of(every: Sequence[Allocation]) -> Rows:
        count, position = len(every), dict[Entry, int]()
        return Rows(
            tuple(every),
            np.fromiter((row.server for row in every), np.int32, count),
            np.fromiter((row.instances for row in every), np.int64, count),
            np.fromiter(
                (position.setdefault((row.application, row.demand), len(position)) for row in every), np.int32, count
            ),
            tuple(position),
            np.fromiter((not (row.cells or row.devices) for row in every), np.bool_, count),
        )

    def on(self, servers: NDArray[np.bool_]) -> Counter[Entry]:
        """Instances on the servers of the mask, by demand entry."""
        here = np.flatnonzero(servers[self.server])
        count = np.bincount(self.entry[here], self.instances[here], len(self.entries)).astype(np.int64)
        return Counter({self.entries[row]: int(count[row]) for row in np.flatnonzero(count).tolist()})

    def off(self, servers: NDArray[np.bool_], names: Collection[str]) -> Ids:
        """Rows of allocations of these applications on other servers."""
        mine = np.array([name in names for name, _ in self.entries], np.bool_)
        if not mine.any():
            return np.empty(0, np.int32)
        return np.flatnonzero(mine[self.entry] & ~servers[self.server]).astype(np.int32)

    def joined(self, rows: Ids, domain: Mapping[str, Ids]) -> list[Allocation]:
        """The same instances with one allocation a domain, on any of its servers, where neither cells nor devices are
        named: rules that look at domains see no difference. domain: [servers], by application."""
        found = [self.every[row] for row in rows[~self.plain[rows]].tolist()]
        plain = rows[self.plain[rows]]
        for entry in np.unique(self.entry[plain]).tolist():
            here = plain[self.entry[plain] == entry]
            where = domain[self.entries[entry][0]][self.server[here]]
            _, first, which = np.unique(where, return_index=True, return_inverse=True)
            total = np.bincount(which, self.instances[here]).astype(np.int64)
            for row, instances in zip(here[first].tolist(), total.tolist(), strict=True):
                found.append(self.every[row]._replace(instances=instances))
        return found
