"""The GPUs behind a placement: positions become device numbers, and counted devices the lowest that are free."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from planner.formulate.question import Question
from planner.inventory.devices import GPU, gpus_of
from planner.manifests.quantities import DEVICE
from solver.problem import Placement

Row = dict[str, object]


@dataclass(slots=True)
class _Seats:
    """Instances of one row, with their devices."""

    row: Row
    instances: int = 0
    devices: list[int] = field(default_factory=list)

    def told(self) -> Row:
        given: Row = {"devices": sorted(self.devices)} if self.devices else {}
        return {**self.row, "instances": self.instances, **given}


def with_devices(question: Question, placement: Placement, rows: Sequence[Row]) -> list[Row]:
    """rows: of the plan, one for each of the placement. Whole devices of one application on one server are gathered
    in one row, whatever modes they came from."""
    specs = [question.applications[row.application].spec for row in question.workloads]
    whole = [spec.resources.get(GPU, 0) for spec in specs]
    if not any(map(gpus_of, specs)):
        return list(rows)
    devices = _Devices(question)
    seats: dict[object, _Seats] = {}
    columns = (placement.mode.tolist(), question.problem.owner(placement.mode).tolist(), placement.node.tolist())
    for number, (mode, workload, node, count) in enumerate(zip(*columns, placement.instances.tolist(), strict=True)):
        key = (workload, node, question.cells[mode]) if whole[workload] else number
        seat = seats.setdefault(key, _Seats(rows[number]))
        seat.instances += count
        seat.devices += devices.of(mode, node, whole[workload] * count)
    return [seat.told() for seat in seats.values()]


class _Devices:
    def __init__(self, question: Question) -> None:
        self.question = question
        self.books = question.snapshot.devices
        self.order = self.books.order() if question.units.positions else None
        self.given: dict[int, int] = {}

    def of(self, mode: int, node: int, whole: int) -> list[int]:
        """Those of the mode's positions; else the next `whole` ones that nobody has."""
        positions = self.question.positions[mode]
        if self.order is not None:
            return sorted(self.order[node, list(positions)].tolist())
        start = self.given.get(node, 0)
        self.given[node] = start + whole
        return np.flatnonzero(self.books.free[node] == DEVICE)[start : start + whole].tolist() if whole else []
