"""The integers in which a server's books are kept: resource columns, NUMA cells, and CPU overcommit without rounding.

Where shares of GPUs are asked for, every device has a column of its own, in thousandths. Devices of one server are
alike, so a column stands for a position: on every server the devices are lined up by what is free of them.

VMs are never overcommitted, containers may be by the factor f = p/q, and both together never exceed the server:
V + K/f <= C. Multiplied by p, in whole numbers: p V + q K <= p C. So the CPU of a server with factor p/q counts in
units of 1/p millicore, in which a VM takes p per millicore and a container q.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from planner.inventory.devices import Devices, gpus_of
from planner.inventory.inventory import Inventory
from planner.manifests.application import Application
from planner.manifests.quantities import DEVICE
from planner.manifests.runtimes import Runtimes

CPU = "cpu"
NAMES = {"cpu": "millicores", "memory": "MiB", "disk": "GiB", "bandwidth": "Mbit/s", "gpu": "devices"}
"""What base units are called."""


def lifted(amount: int, lift: int) -> int:
    """What an amount on one device counts for in the sum of all: with a lift of at most half of a device, amounts that
    fit on one together count for no more than all of it, as only one of them can leave less than the lift, and
    beside it there is room only for what counts nothing. (u of Fekete and Schepers, New classes of fast lower bounds
    for bin packing problems, Mathematical Programming 91, 2001.)"""
    if amount > DEVICE - lift:
        return DEVICE
    return amount if amount >= lift else 0


@dataclass(frozen=True, slots=True)
class Units:
    """columns: resources of the whole server, then `cpu@0`, `memory@0`, `cpu@1` ... of its cells,
    then `gpu#`, all GPUs in thousandths, and `gpu#0`, `gpu#1` ..., one position each. positions: how many of these.
    lift: shares below it take nothing of `gpu#`, those that leave less than it of a device take all.
    rates: the distinct overcommit factors."""

    columns: tuple[str, ...]
    cells: int
    rates: tuple[Fraction, ...]
    runtimes: Runtimes
    positions: int = 0
    lift: int = 0

    @staticmethod
    def of(inventory: Inventory, runtimes: Runtimes) -> Units:
        cells = inventory.cells
        count = int(cells.cell.max(initial=-1)) + 1 if cells else 0
        inside = [f"{resource}@{cell}" for cell in range(count) for resource in (cells.resources if cells else ())]
        rates = sorted(set(inventory.servers.cpu_overcommit)) or [Fraction(1)]
        return Units((*inventory.resources, *inside), count, tuple(rates), runtimes)

    def capacity(self, inventory: Inventory) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
        """([servers, columns] capacities in books' units, rate of each server). A server without cells is one cell."""
        servers, cells = inventory.servers, inventory.cells
        table = np.zeros((len(servers), len(self.columns)), np.int64)
        table[:, : len(inventory.resources)] = servers.capacity
        if cells:
            for position, resource in enumerate(cells.resources):
                first = [self.columns.index(f"{resource}@{cell}") for cell in range(self.cells)]
                table[:, first[0]] = servers.capacity[:, inventory.resources.index(resource)]
                known = np.unique(cells.server)
                table[known, first[0]] = 0
                table[cells.server, np.array(first)[cells.cell]] = cells.capacity[:, position]
        position_of = {factor: row for row, factor in enumerate(self.rates)}
        rate = np.fromiter((position_of[factor] for factor in servers.cpu_overcommit), np.int32, len(servers))
        numerator = np.array([factor.numerator for factor in self.rates], np.int64)
        cpu = [column for column, name in enumerate(self.columns) if name.split("@")[0] == CPU]
        table[:, cpu] *= numerator[rate][:, None]
        return table, rate

    def modes(self, application: Application) -> tuple[tuple[int, ...], ...]:
        """The choices of NUMA cells that an instance has; one empty choice when it does not ask, or when there are
        not so many (two cells then have no server either, see `Snapshot.eligible`)."""
        asked = application.spec.numa_cells
        return ((),) if asked is None or asked > self.cells else tuple(combinations(range(self.cells), asked))

    def sharing(self, devices: Devices, lift: int) -> Units:
        """The same with columns for devices."""
        inside = ["gpu#", *(f"gpu#{position}" for position in range(devices.most))]
        return replace(self, columns=(*self.columns, *inside), positions=devices.most, lift=lift)

    def on_devices(self, application: Application) -> tuple[tuple[int, ...], ...]:
        """The choices of positions that an instance has; one empty choice when it asks for no GPU, when devices have
        no columns, or when no server has so many.

        A share has one per position. Whole devices have the intervals, from the last one on: those that are free stand
        last, so that any of them can be swapped to form intervals, beside the shares that fill up from the first.
        """
        spec = application.spec
        whole = gpus_of(spec)
        starts = range(self.positions - whole + 1) if whole else range(0)
        choices = [tuple(range(start, start + whole)) for start in starts]
        return tuple(choices if spec.gpu_share else reversed(choices)) or ((),)

    def demand(
        self, application: Application, cells: tuple[int, ...], positions: tuple[int, ...] = ()
    ) -> NDArray[np.int64]:
        """[rates, columns]: what one instance takes from a server, overhead included, in the given cells and on the
        devices at the given positions."""
        overhead = getattr(self.runtimes, application.spec.runtime).overhead
        needs = {
            name: application.spec.resources.get(name, 0) + overhead.get(name, 0)
            for name in application.spec.resources.keys() | overhead.keys()
        }
        row = np.zeros(len(self.columns), np.int64)
        for name, amount in needs.items():
            if name in self.columns:
                row[self.columns.index(name)] = amount
            for cell in cells:
                if f"{name}@{cell}" in self.columns:
                    row[self.columns.index(f"{name}@{cell}")] = -(-amount // len(cells))
        for position in positions:
            each = application.spec.gpu_share or DEVICE
            row[self.columns.index(f"gpu#{position}")] = each
            row[self.columns.index("gpu#")] += lifted(each, self.lift)
        return self.scaled(row, application.spec.runtime)

    def scaled(self, row: NDArray[np.int64], runtime: str) -> NDArray[np.int64]:
        """[rates, columns] from amounts in base units."""
        table = np.repeat(row[None, :], len(self.rates), axis=0)
        for rate, factor in enumerate(self.rates):
            weight = factor.numerator if runtime == "vm" else factor.denominator
            for column, name in enumerate(self.columns):
                if name.split("@")[0] == CPU:
                    table[rate, column] *= weight
        return table

    def base(self, column: int, rate: int, amount: int, *, up: bool = False) -> int:
        """An amount of the books in base units, where CPU counts as a VM takes it; rounded down, or `up`."""
        per = self.rates[rate].numerator if self.resource(column) == CPU else 1
        return -(-amount // per) if up else amount // per

    def resource(self, column: int) -> str:
        return re.split("[@#]", self.columns[column])[0]

    def position(self, column: int) -> int | None:
        """The position of a column of a device; None: another column."""
        _, _, position = self.columns[column].partition("#")
        return int(position) if position else None

    def cell(self, column: int) -> int | None:
        """The NUMA cell of a column; None: the whole server."""
        _, _, cell = self.columns[column].partition("@")
        return int(cell) if cell else None

    def told(self, column: int, amount: int) -> str:
        """Base units in words: `12,000 millicores`, `3 licences`."""
        name = self.resource(column)
        return f"{amount:,} {NAMES.get(name, name)}"

    def inside(self, column: int) -> str:
        """`NUMA cell 1 of ` before the name of a server, for a column of a cell."""
        cell = self.cell(column)
        return "" if cell is None else f"NUMA cell {cell} of "

    def footnote(self, column: int, rate: int) -> str:
        """Why amounts are less than the sum of what instances ask for: ` (containers count 2/3)`."""
        factor = self.rates[rate]
        return f" (containers count {1 / factor})" if self.resource(column) == CPU and factor != 1 else ""
