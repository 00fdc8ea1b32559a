"""Load: what runs takes room, always or while its window is open."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from planner.inventory.calendar import Calendar, Flags, largest
from planner.inventory.world import Allocation
from planner.manifests.window import Window
from solver.problem import Ids, Ints

Count = Callable[[Sequence[Allocation], Ids], Ints]
"""What allocations take: from rows of servers to [these servers, columns]; a row's `server` counts in them."""

RECENT = 16
"""Tables of all servers that are kept."""


@dataclass(frozen=True, slots=True)
class Load:
    """always: [servers, columns]. windows: what is taken while one is open, (ascending servers, [these, columns]).
    recent: what `most` found; requests ask for the same times again and again.
    """

    always: Ints
    windows: Mapping[Window, tuple[Ids, Ints]]
    recent: dict[frozenset[frozenset[Window]], Ints] = field(default_factory=dict)

    @staticmethod
    def of(allocations: Sequence[Allocation], window: Mapping[str, Window], servers: int, count: Count) -> Load:
        """window: of the applications that have one."""
        parts: dict[Window | None, list[Allocation]] = {None: []}
        if window:
            for row in allocations:
                parts.setdefault(window.get(row.application), []).append(row)
        always = parts.pop(None) if window else allocations
        windows = {each: _part(rows, count) for each, rows in parts.items() if each is not None}
        return Load(count(always, np.arange(servers, dtype=np.int32)), windows)

    def most(self, times: Iterable[Sequence[Window]]) -> Ints:
        """[servers, columns]: the most that is taken at any of these times, each given by the windows that are open."""
        known = frozenset(frozenset(self.windows.keys() & time) for time in times)
        if not any(known):
            return self.always
        most = self.recent.get(known)
        if most is None:
            most = self._most(known)
            if len(self.recent) >= RECENT:
                self.recent.clear()
            self.recent[known] = most
        return most

    def _most(self, times: frozenset[frozenset[Window]]) -> Ints:
        some = np.zeros(len(self.always), np.bool_)
        for window in frozenset().union(*times):
            some[self.windows[window][0]] = True
        servers = np.flatnonzero(some)
        position = np.cumsum(some) - 1
        peak = np.zeros((len(servers), self.always.shape[1]), np.int64)
        for time in times:
            taken = np.zeros_like(peak)
            for rows, amounts in map(self.windows.__getitem__, time):
                taken[position[rows]] += amounts
            np.maximum(peak, taken, out=peak)
        most = self.always.copy()
        most[servers] += peak
        return most

    def at(self, time: Iterable[Window], servers: Ids) -> Ints:
        """[these servers, columns]: taken while these windows are open."""
        taken = self.always[servers]
        for rows, amounts in (self.windows[window] for window in time if window in self.windows):
            position = np.minimum(np.searchsorted(rows, servers), len(rows) - 1)
            there = rows[position] == servers
            taken[there] += amounts[position[there]]
        return taken

    def fullest(self, calendar: Calendar, moments: Sequence[int], servers: Ids, column: int) -> int:
        """The moment at which most of the column is taken on these servers together."""
        taken = [self.at(open_at(calendar, moment), servers)[:, column].sum() for moment in moments]
        return moments[int(np.argmax(taken))]

    def peak(self, calendar: Calendar) -> Ints:
        """[servers, columns]: the most that is ever taken."""
        return self.most(open_at(calendar, moment) for moment in largest(calendar.open).tolist())

    def busy(self, calendar: Calendar) -> Flags:
        """[servers]: those that carry something at some time."""
        taken: Flags = np.asarray(self.always.any(axis=1))
        for window, (servers, amounts) in self.windows.items():
            if calendar.opens(window):
                taken[servers] |= amounts.any(axis=1)
        return taken


def open_at(calendar: Calendar, moment: int) -> list[Window]:
    return [window for window, isin in zip(calendar.windows, calendar.open[moment], strict=True) if isin and window]


def _part(rows: Sequence[Allocation], count: Count) -> tuple[Ids, Ints]:
    servers, position = np.unique([row.server for row in rows], return_inverse=True)
    moved = [row._replace(server=at) for row, at in zip(rows, position.tolist(), strict=True)]
    return servers.astype(np.int32), count(moved, servers.astype(np.int32))
