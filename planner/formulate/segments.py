"""Segments: capacity is shared over time, so that each resource has one column for every set of windows that meet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

import numpy as np

from planner.inventory.calendar import Calendar, Flags, largest
from planner.inventory.load import open_at
from planner.inventory.snapshot import Snapshot
from planner.manifests.window import Window
from solver.problem import Ids, Ints
from solver.restarts import Reserved


@dataclass(frozen=True, slots=True)
class Segments:
    """Columns of a problem: those of the snapshot once for each segment, one after the other.

    A segment is a set of asked windows that are open together, with all moments when they are: what runs then differs,
    and the least room counts. What is a subset of another is left out. open: [segments, modes]. moments: per segment,
    of the calendar.
    """

    snapshot: Snapshot
    since: datetime | None
    calendar: Calendar
    moments: tuple[tuple[int, ...], ...]
    open: Flags

    @staticmethod
    def of(snapshot: Snapshot, modes: Sequence[Window | None], since: datetime | None, *, idle: bool) -> Segments:
        """modes: the window of each. since: earlier times do not count. idle: with a segment for when none is open."""
        return Segments(snapshot, since, *_divided(tuple(modes), tuple(snapshot.load.windows), since, idle))

    def free(self) -> Ints:
        """[nodes, columns]: what is there all the time that a segment stands for; nothing where it is overdrawn."""
        snapshot = self.snapshot
        if not snapshot.load.windows:
            free = snapshot.free if snapshot.free.min(initial=0) >= 0 else np.maximum(snapshot.free, 0)
            return free if len(self.moments) == 1 else np.tile(free, len(self.moments))
        rooms = [
            snapshot.free + snapshot.used - snapshot.load.most([open_at(self.calendar, moment) for moment in moments])
            for moments in self.moments
        ]
        return np.maximum(np.concatenate(rooms, axis=1), 0)

    def demand(self, demand: Ints) -> Ints:
        """[rates, modes, columns]: what an instance takes while its window is open. demand: one segment's columns."""
        return np.concatenate([demand * isin[None, :, None] for isin in self.open], axis=2)

    def reserved(self) -> Reserved:
        """Room on standby stands aside all the time."""
        rows = self.snapshot.reserved
        return Reserved(rows.node, rows.level, rows.domain, np.tile(rows.amount, (1, len(self.moments))))

    @property
    def timed(self) -> bool:
        """Something has a window: now is not as good as any time."""
        return any(self.calendar.windows)

    def base(self, column: int) -> int:
        """The column of the snapshot's units."""
        return column % len(self.snapshot.units.columns)

    def told(self, column: int, nodes: Ids) -> str:
        """When least of the column is free on these nodes: ` between 18:00 and 23:00 Asia/Shanghai`, or nothing."""
        moments = self.moments[column // len(self.snapshot.units.columns)]
        told = self.calendar.told(self.snapshot.load.fullest(self.calendar, moments, nodes, self.base(column)))
        return f" {told}" if told else ""


@lru_cache(maxsize=256)
def _divided(
    modes: tuple[Window | None, ...], running: tuple[Window, ...], since: datetime | None, idle: bool
) -> tuple[Calendar, tuple[tuple[int, ...], ...], Flags]:
    """(calendar, moments, open); the same for most requests, as hardly any has a window."""
    calendar = Calendar.of([*modes, *running], since)
    asked, there = calendar.of_each(modes), calendar.of_each(running)
    both, first = np.unique(np.concatenate([asked, there], axis=1), axis=0, return_index=True)
    kept = np.sort(first[largest(both)])
    kept = kept if idle else kept[asked[kept].any(axis=1)]
    groups: dict[bytes, list[int]] = {}
    for moment in kept.tolist():
        groups.setdefault(asked[moment].tobytes(), []).append(moment)
    moments = tuple(map(tuple, groups.values())) or ((0,),)
    return calendar, moments, asked[[each[0] for each in moments]]
