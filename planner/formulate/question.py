"""Question: a solver problem together with the names behind its integers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from planner.formulate.segments import Segments
from planner.inventory.devices import GPU
from planner.inventory.snapshot import Snapshot
from planner.inventory.units import Units
from planner.manifests.application import Application
from planner.manifests.window import Window
from solver.problem import Problem


@dataclass(frozen=True, slots=True)
class Asked:
    """One workload: a demand entry of an application, by its position (a child has one, which follows its master)."""

    application: str
    demand: int


@dataclass(frozen=True, slots=True)
class Question:
    """workloads: what stands behind each workload of the problem. cells, positions: behind each mode. segments: behind
    its columns, but for those of devices: they are the last ones, as in units, and hold at all times. windows: of the
    applications."""

    snapshot: Snapshot
    applications: Mapping[str, Application]
    workloads: tuple[Asked, ...]
    cells: tuple[tuple[int, ...], ...]
    positions: tuple[tuple[int, ...], ...]
    units: Units
    windows: Mapping[str, Window | None]
    segments: Segments
    problem: Problem

    def resource(self, column: int) -> str:
        """Of a column of the problem; GPUs in columns of their own are all one."""
        timed = len(self.snapshot.units.columns) * len(self.segments.moments)
        return GPU if column >= timed else self.units.resource(self.segments.base(column))

    def over(self, application: str) -> bool:
        """Its window opens no more."""
        return not self.segments.calendar.opens(self.windows[application])

    def of(self, application: str) -> Sequence[int]:
        """The workloads of an application."""
        return [row for row, asked in enumerate(self.workloads) if asked.application == application]
