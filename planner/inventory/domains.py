"""Domains: the names that people know the members of a level by, and back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from functools import cached_property

import numpy as np

from planner.inventory.inventory import SITE_ATTRIBUTES, Inventory
from solver.problem import Topology

NAMELESS = "(none)"
"""Where sites without such an attribute are."""


class Domains:
    """Names are unique within a level: `sz-telecom-1/r2` is a rack, `Guangdong/Shenzhen` a city; a province of which
    there are two is written with its region."""

    def __init__(self, inventory: Inventory, topology: Topology) -> None:
        self._inventory = inventory
        self._topology = topology
        self._names: dict[str, list[str]] = {}
        self._ids: dict[str, Mapping[str, int]] = {}

    def name(self, level: int, domain: int) -> str:
        return self.names(self._topology.names[level])[domain]

    def names(self, level: str) -> list[str]:
        """By id."""
        if level not in self._names:
            self._names[level] = self._all(level)
        return self._names[level]

    def ids(self, level: str) -> Mapping[str, int]:
        """By name."""
        if level not in self._ids:
            self._ids[level] = {name: row for row, name in enumerate(self.names(level))}
        return self._ids[level]

    @cached_property
    def levels(self) -> Mapping[str, int]:
        return {name: row for row, name in enumerate(self._topology.names)}

    def _all(self, level: str) -> list[str]:
        inventory, row = self._inventory, self.levels[level]
        if level == "server":
            return list(inventory.servers.name)
        domains, first = np.unique(self._topology.domain[row], return_index=True)
        where = inventory.servers.site[first]
        found = [""] * self._topology.sizes[row]
        if level in ("rack", "site"):
            for domain, node, site in zip(domains.tolist(), first.tolist(), where.tolist(), strict=True):
                name = inventory.sites.name[site]
                found[domain] = f"{name}/{inventory.servers.rack[node]}" if level == "rack" else name
            return found
        short = [self._place(site, level, level == "city") for site in where.tolist()]
        times = Counter(short)
        for domain, site, name in zip(domains.tolist(), where.tolist(), short, strict=True):
            found[domain] = name if times[name] == 1 else self._path(site, level)
        return found

    def _place(self, site: int, level: str, province: bool) -> str:
        names = ["province", level] if province else [level]
        attributes = self._inventory.sites.attributes
        return "/".join(filter(None, (attributes[name][site] for name in names))) or NAMELESS

    def _path(self, site: int, level: str) -> str:
        """From the region on, with what is missing."""
        path = SITE_ATTRIBUTES[: SITE_ATTRIBUTES.index(level) + 1]
        return "/".join(self._inventory.sites.attributes[name][site] or NAMELESS for name in path)
