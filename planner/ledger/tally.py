"""Tally: the lines of the books counted up, as the planner sees them, and brought up to date line by line."""

from __future__ import annotations

from bisect import insort
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from planner.inventory.calendar import windows_of
from planner.inventory.standby import Standby
from planner.inventory.world import Allocation
from planner.ledger.calendar import Spans
from planner.ledger.entries import Line
from planner.ledger.ground import changed, taken
from planner.ledger.lifetime import in_slices
from planner.ledger.picture import Picture, vector
from planner.manifests.application import Application
from planner.manifests.instants import FOREVER
from planner.manifests.window import Window


def plain(line: Line) -> bool:
    """It runs, and nobody knows until when: its room is taken at any time, as if it had started already."""
    return line.kind == "allocation" and line.ends >= FOREVER and not line.lost and not line.daily


class Tally:
    """base: [servers, columns], what plain lines take. floating: all other lines, by id; spans: they, in this order.
    allocations, standby: what runs and what stands aside for it, by application and id. running: the same as the
    planner knows it. known: manifests of these applications, in the order of their names.

    What was handed out is not changed any more, but for the base."""

    def __init__(self, columns: tuple[str, ...], row_of: Mapping[int, int]) -> None:
        self.columns, self.row_of = columns, row_of
        self.base = np.zeros((len(row_of), len(columns)), np.int64)
        self.floating: dict[int, Line] = {}
        self.spans = Spans.of([], len(columns))
        self.allocations: dict[str, dict[int, Line]] = {}
        self.standby: dict[str, dict[int, Line]] = {}
        self.running: dict[str, tuple[Allocation, ...]] = {}
        self.known: dict[str, Application] = {}
        self._names: list[str] = []
        self._timed: set[str] = set()

    def change(
        self, came: Sequence[Line], gone: Sequence[Line], manifests: Mapping[str, str], other: Collection[str] = ()
    ) -> NDArray[np.int64]:
        """Rows of servers where something else is taken at any time. other: applications with other manifests."""
        used = [(line, line.instances) for line in came if plain(line)]
        used += [(line, -line.instances) for line in gone if plain(line)]
        rows = self._count(used)
        touched = {line.application for line in (*came, *gone) if line.kind == "allocation"}
        touched |= {name for name in other if name in self.known}
        for table in (self.allocations, self.standby):
            table.update({name: dict(table[name]) for name in touched if name in table})
        for line in gone:
            self._drop(line)
        self._span([line for line in gone if not plain(line)], [line for line in came if not plain(line)])
        for line in came:
            self._add(line)
        for name in touched:
            self._tell(name, manifests)
        return rows

    def applications(self) -> dict[str, Application]:
        """In the order of their names."""
        return {name: self.known[name] for name in self._names}

    def windows(self) -> dict[str, Window]:
        """Of applications that have one, or whose master has."""
        if not self._timed:
            return {}
        return {name: window for name, window in windows_of(self.known).items() if window}

    def aside(self) -> tuple[Standby, ...]:
        """What stands aside for what runs."""
        return tuple(self._standby(line) for name in sorted(self.standby) for line in self.standby[name].values())

    def _standby(self, line: Line) -> Standby:
        level, _, domain = line.lost.partition(":")
        server = self.row_of[line.server]
        return Standby(line.application, server, line.instances, level, domain, line.cells, line.demand)

    def _count(self, used: Sequence[tuple[Line, int]]) -> NDArray[np.int64]:
        texts: dict[str, int] = {}
        found = [
            (self.row_of[line.server], texts.setdefault(line.amounts, len(texts)), instances)
            for line, instances in used
        ]
        if not found:
            return np.empty(0, np.int64)
        server, text, instances = np.array(found, np.int64).T
        table = np.stack([vector(each, self.columns) for each in texts])
        np.add.at(self.base, server, table[text] * instances[:, None])
        return np.unique(server)

    def _drop(self, line: Line) -> None:
        if line.kind == "allocation":
            (self.standby if line.lost else self.allocations)[line.application].pop(line.id)

    def _add(self, line: Line) -> None:
        if line.kind == "allocation":
            (self.standby if line.lost else self.allocations).setdefault(line.application, {})[line.id] = line

    def _span(self, gone: Sequence[Line], came: Sequence[Line]) -> None:
        if gone:
            over = {line.id for line in gone}
            self.spans = self.spans.only(np.array([key not in over for key in self.floating], np.bool_))
            self.floating = {key: line for key, line in self.floating.items() if key not in over}
        if came:
            self.spans += spans_of(came, self.row_of, self.columns)
            self.floating = {**self.floating, **{line.id: line for line in came}}

    def _tell(self, name: str, manifests: Mapping[str, str]) -> None:
        for table in (self.allocations, self.standby):
            if not table.get(name, True):
                del table[name]
        self.running.pop(name, None)
        if lines := self.allocations.get(name):
            self.running[name] = _allocations(lines, self.row_of)
        if name not in self.allocations and name not in self.standby:
            if self.known.pop(name, None):
                self._names.remove(name)
            self._timed.discard(name)
            return
        if name not in self.known:
            insort(self._names, name)
        self.known[name] = application = parsed(manifests[name])
        (self._timed.add if application.spec.window else self._timed.discard)(name)


def spans_of(lines: Iterable[Line], row_of: Mapping[int, int], columns: tuple[str, ...]) -> Spans:
    rows = [
        (row_of[line.server], line.start, line.ends, line.instances * vector(line.amounts, columns)) for line in lines
    ]
    return Spans.of(rows, len(columns))


def having_run(picture: Picture, gone: Sequence[Line], again: Sequence[Line]) -> Picture:
    """The picture as if these allocations had ended, and those ran, which have no ids yet."""
    again = [line._replace(id=-row) for row, line in enumerate(again, 1)]
    over = {line.id for line in gone}
    base = taken(picture.snapshot).copy()
    changes = [(line, -1) for line in gone if plain(line)] + [(line, 1) for line in again if plain(line)]
    for line, sign in changes:
        base[picture.server_row[line.server]] += sign * line.instances * vector(line.amounts, picture.columns)
    rows = np.unique([picture.server_row[line.server] for line, _ in changes]).astype(np.int64)
    floats = [line for line in again if not plain(line)]
    spans = picture.spans.only(np.array([line.id not in over for line in picture.floating], np.bool_))
    snapshot = changed(picture.snapshot, base, rows) if len(rows) else picture.snapshot
    names = {line.application for line in gone}
    allocations = {
        name: {key: line for key, line in lines.items() if key not in over}
        for name, lines in picture.allocations.items()
    }
    for line in again:
        allocations[line.application][line.id] = line
    running = {**snapshot.running, **{name: _allocations(allocations[name], picture.server_row) for name in names}}
    ended = {name for name in names if not running[name]}
    return replace(
        picture,
        snapshot=replace(
            snapshot,
            running={name: rows for name, rows in running.items() if name not in ended},
            applications={name: each for name, each in snapshot.applications.items() if name not in ended},
            standby=tuple(each for each in snapshot.standby if each.application not in names),
        ),
        floating=(*(line for line in picture.floating if line.id not in over), *floats),
        spans=spans + spans_of(floats, picture.server_row, picture.columns) if floats else spans,
        allocations={name: lines for name, lines in allocations.items() if lines},
        standby={name: lines for name, lines in picture.standby.items() if name not in names},
    )


def _allocations(lines: Mapping[int, Line], row_of: Mapping[int, int]) -> tuple[Allocation, ...]:
    return tuple(
        Allocation(line.application, row_of[line.server], line.instances, line.cells, line.demand, line.devices)
        for line in lines.values()
    )


@lru_cache(maxsize=65_536)
def parsed(manifest: str) -> Application:
    """As the planner sees it: when it starts and ends is for its lines to say."""
    return in_slices(Application.model_validate_json(manifest))
