"""A rough picture of what is free in each site, to ask for what has a chance to fit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from planner.inventory.inventory import Inventory, Sites
from planner.worlds.edge.flavours import Flavour


@dataclass(frozen=True, slots=True)
class Scope:
    """The sites (rows) that match `where` and offer what is required."""

    where: dict[str, str]
    sites: NDArray[np.int64]


class Room:
    """cpu, left: millicores that are free in each site, at first and after the bundles so far (spread evenly)."""

    def __init__(self, inventory: Inventory, free: NDArray[np.int64], flavours: Sequence[Flavour]) -> None:
        self._sites = inventory.sites
        self._scopes: dict[tuple[object, ...], list[Scope]] = {}
        online = np.array([state == "online" for state in inventory.sites.state])[inventory.servers.site]
        online &= inventory.servers.state.code == inventory.servers.state.values.index("online")
        site, free, count = inventory.servers.site[online], free[online], len(inventory.sites)
        self.cpu = np.bincount(site, free[:, 0], count)
        self.left = self.cpu.copy()
        fitting = {flavour: flavour.slots(free) for flavour in flavours}
        self._slots = {flavour: np.bincount(site, slots, count) for flavour, slots in fitting.items()}
        self._servers = {flavour: np.bincount(site, slots > 0, count) for flavour, slots in fitting.items()}

    def slots(self, flavour: Flavour, scope: Scope) -> NDArray[np.float64]:
        """Instances that each site of the scope may still hold."""
        return self._slots[flavour][scope.sites] * self._part(scope)

    def servers(self, flavour: Flavour, scope: Scope) -> NDArray[np.float64]:
        """Servers of each site of the scope that may still hold one."""
        return self._servers[flavour][scope.sites] * self._part(scope)

    def take(self, scope: Scope, millicores: float) -> None:
        left = self.left[scope.sites].sum()
        self.left[scope.sites] *= max(0.0, 1 - millicores / left) if left else 0

    def scopes(self, keys: tuple[str, ...], requires: Sequence[str]) -> list[Scope]:
        """One scope for each combination of values that sites have for the keys; those without a site are left out."""
        known = (keys, tuple(requires))
        if known not in self._scopes:
            members: dict[tuple[str, ...], list[int]] = {}
            for row in range(len(self._sites)):
                if self._sites.capabilities[row].issuperset(requires):
                    for values in _values(self._sites, row, keys):
                        members.setdefault(values, []).append(row)
            self._scopes[known] = [
                Scope(dict(zip(keys, values, strict=True)), np.array(rows)) for values, rows in members.items()
            ] or self.scopes(keys, ())
        return self._scopes[known]

    def _part(self, scope: Scope) -> NDArray[np.float64]:
        cpu = self.cpu[scope.sites]
        part: NDArray[np.float64] = np.divide(self.left[scope.sites], cpu, out=np.zeros(len(cpu)), where=cpu > 0)
        return part


def _values(sites: Sites, row: int, keys: tuple[str, ...]) -> list[tuple[str, ...]]:
    """A site on several carriers is in the scope of each."""
    combinations: list[tuple[str, ...]] = [()]
    for key in keys:
        value = sites.attributes[key][row]
        combinations = [(*found, part) for found in combinations for part in value.split(";")]
    return combinations
