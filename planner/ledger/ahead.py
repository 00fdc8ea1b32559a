"""Ahead: a picture on which what is planned is taken at once, so that the next plan does not want the same room.

It is a copy of the books' own and changes in place: the array of 100,000 servers is copied once for many plans."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from planner.inventory.calendar import in_slices
from planner.inventory.layers import Layers
from planner.inventory.load import Load
from planner.inventory.roster import Roster
from planner.inventory.world import Allocation
from planner.ledger.entries import Line
from planner.ledger.picture import Picture, vector
from planner.ledger.tally import plain
from planner.manifests.application import Application


class Ahead:
    """picture: with what was taken so far. plans: by which."""

    def __init__(self, picture: Picture) -> None:
        snapshot, self.plans = picture.snapshot, list[str]()
        used = snapshot.used.copy()
        self.picture = replace(
            picture,
            snapshot=replace(
                snapshot,
                used=used,
                free=snapshot.free.copy(),
                busy=snapshot.busy.copy(),
                load=Load(used, {}),
            ),
        )

    @staticmethod
    def can(picture: Picture, lines: Sequence[Line]) -> bool:
        """Only what runs from now on for ever, on a snapshot where nothing but that counts, and no GPUs."""
        timed = picture.snapshot.load.windows or len(picture.snapshot.reserved)
        return not timed and all(plain(line) and not line.devices for line in lines)

    def take(self, lines: Sequence[Line], manifests: Mapping[str, Application], plan: str) -> None:
        """lines: what the plan books, of applications that did not run before."""
        self.plans.append(plan)
        snapshot, columns = self.picture.snapshot, self.picture.snapshot.units.columns
        running: dict[str, list[Allocation]] = {}
        for line in lines:
            row = self.picture.server_row[line.server]
            amounts = line.instances * vector(line.amounts, columns)
            np.add(snapshot.used[row], amounts, out=snapshot.used[row])
            np.subtract(snapshot.free[row], amounts, out=snapshot.free[row])
            snapshot.busy[row] = True
            allocation = Allocation(line.application, row, line.instances, line.cells, line.demand, line.devices)
            running.setdefault(line.application, []).append(allocation)
        known, runs = Roster.of(snapshot.applications), Layers.of(snapshot.running)
        snapshot = replace(
            snapshot,
            applications=known.changed({name: in_slices(manifests[name]) for name in running}),
            running=runs.changed({name: tuple(rows) for name, rows in running.items()}),
        )
        self.picture = replace(self.picture, snapshot=snapshot)
