"""Shape: the instance that headroom and stranded capacity are counted in; it takes room as a VM does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from planner.inventory.snapshot import Snapshot
from planner.inventory.units import CPU
from planner.manifests.errors import InputProblem, InvalidInput, did_you_mean, one_of
from planner.manifests.manifest import Manifest
from planner.manifests.quantities import Resources
from solver.problem import Ids, Ints


class Given(Manifest):
    shape: Resources


@dataclass(frozen=True, slots=True)
class Shape:
    """amounts: base units. need: [rates, columns of the books]. parts: [rates], books' units of CPU in a millicore."""

    amounts: Mapping[str, int]
    resources: tuple[str, ...]
    need: Ints
    parts: Ints

    @staticmethod
    def of(snapshot: Snapshot, amounts: Mapping[str, int]) -> Shape:
        """Raises InvalidInput when the servers have no such resource, or nothing is asked for."""
        known = snapshot.inventory.resources
        problems = [
            InputProblem("shape", None, name, "an unknown resource", one_of(known) + did_you_mean(name, known))
            for name in amounts
            if name not in known
        ]
        if not any(amounts.values()):
            problems.append(InputProblem("shape", None, "", "no resource above zero", "such as cpu: 4"))
        if problems:
            raise InvalidInput(problems)
        units = snapshot.units
        row = np.zeros(len(units.columns), np.int64)
        for name, amount in amounts.items():
            row[units.columns.index(name)] = amount
        parts = np.array([factor.numerator for factor in units.rates], np.int64)
        return Shape(dict(amounts), known, units.scaled(row, "vm"), parts)

    def slots(self, free: Ints, rate: Ids) -> Ints:
        """[rows]: instances that fit into each row of free amounts."""
        most = np.full(len(free), np.iinfo(np.int64).max)
        for column in np.flatnonzero(self.need.any(axis=0)).tolist():
            np.minimum(most, np.maximum(free[:, column], 0) // self.need[rate, column], out=most)
        return most

    def stranded(self, free: Ints, rate: Ids, slots: Ints) -> Ints:
        """[rows, resources of `amounts`]: what is left of each row once it holds its slots, in base units."""
        left = np.maximum(free, 0) - self.need[rate] * slots[:, None]
        columns = [self.resources.index(name) for name in self.amounts]
        if CPU in self.amounts:
            left[:, self.resources.index(CPU)] //= self.parts[rate]
        stranded: Ints = left[:, columns]
        return stranded
