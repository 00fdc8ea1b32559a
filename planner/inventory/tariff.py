"""Tariff: what resources cost per site. An instance costs the sum of price x amount over all that have a price."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from planner.inventory.inventory import Sites
from planner.inventory.units import CPU
from solver.problem import Ints

UNITS = {"cpu": 1000, "memory": 1024}
"""Base units of what a price is for: a vCPU, a GiB; of all others, one."""


@dataclass(frozen=True, slots=True)
class Tariff:
    """price [sites, resources] in thousandths, of a vCPU, GiB, Mbit/s, device ...; resources: those with a price
    somewhere, and CPU."""

    resources: tuple[str, ...]
    price: Ints

    @staticmethod
    def of(sites: Sites) -> Tariff:
        more = {name: cost for name, cost in sites.costs.items() if cost.any()}
        return Tariff((CPU, *more), np.stack([sites.cost, *more.values()], axis=1))

    def sizes(self, instances: Sequence[Mapping[str, int]]) -> Ints:
        """[instances, resources]: thousandths of what a price is for, rounded up; who asks for no CPU pays for one.

        instances: amounts of resources that each asks for.
        """
        rows = [[self._size(amounts, name) for name in self.resources] for amounts in instances]
        return np.array(rows, np.int64).reshape(len(rows), len(self.resources))

    def _size(self, amounts: Mapping[str, int], name: str) -> int:
        if name == CPU:
            return max(amounts.get(CPU, UNITS[CPU]), 1)
        return -(-amounts.get(name, 0) * 1000 // UNITS.get(name, 1))
