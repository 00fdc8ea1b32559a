"""Tally: the lines of the books counted up, as the planner sees them, and brought up to date line by line."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from planner.inventory.layers import Layers
from planner.inventory.roster import Roster
from planner.inventory.standby import Standby
from planner.inventory.world import Allocation
from planner.ledger.calendar import Spans
from planner.ledger.entries import Line
from planner.ledger.ground import changed, taken
from planner.ledger.picture import Picture, vector
from planner.manifests.instants import FOREVER


def plain(line: Line) -> bool:
    """It runs, and nobody knows until when: its room is taken at any time, as if it had started already."""
    return line.kind == "allocation" and line.ends >= FOREVER and not line.lost and not line.daily


class Tally:
    """base: [servers, columns], what plain lines take. floating: all other lines, by id; spans: they, in this order.
    allocations, standby: what runs and what stands aside for it, by application and id. running: the same as the
    planner knows it. known: manifests of these applications.

    What was handed out is not changed any more, but for the base."""

    def __init__(self, columns: tuple[str, ...], row_of: Mapping[int, int]) -> None:
        self.columns, self.row_of = columns, row_of
        self.base = np.zeros((len(row_of), len(columns)), np.int64)
        self.floating: dict[int, Line] = {}
        self.spans = Spans.of([], len(columns))
        self.allocations: Layers[dict[int, Line]] = Layers()
        self.standby: Layers[dict[int, Line]] = Layers()
        self.running: Layers[tuple[Allocation, ...]] = Layers()
        self.known = Roster()

    def change(
        self, came: Sequence[Line], gone: Sequence[Line], manifests: Mapping[str, str], other: Collection[str] = ()
    ) -> NDArray[np.int64]:
        """Rows of servers where something else is taken at any time. other: applications with other manifests."""
        used = [(line, line.instances) for line in came if plain(line)]
        used += [(line, -line.instances) for line in gone if plain(line)]
        rows = self._count(used)
        touched = {line.application for line in (*came, *gone) if line.kind == "allocation"}
        touched |= {name for name in other if name in self.known}
        self._span([line for line in gone if not plain(line)], [line for line in came if not plain(line)])
        runs = _moved(self.allocations, touched, came, gone, lambda line: not line.lost)
        aside = _moved(self.standby, touched, came, gone, lambda line: bool(line.lost))
        self.allocations = self.allocations.changed({name: lines or None for name, lines in runs.items()})
        self.standby = self.standby.changed({name: lines or None for name, lines in aside.items()})
        self.running = self.running.changed(
            {name: _allocations(lines, self.row_of) or None for name, lines in runs.items()}
        )
        self.known = self.known.changed(
            {name: manifests[name] if runs[name] or aside[name] else None for name in touched}
        )
        return rows

    def aside(self) -> tuple[Standby, ...]:
        """What stands aside for what runs."""
        return tuple(self._standby(line) for lines in self.standby.values() for line in lines.values())

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

    def _span(self, gone: Sequence[Line], came: Sequence[Line]) -> None:
        if gone:
            over = {line.id for line in gone}
            self.spans = self.spans.only(np.array([key not in over for key in self.floating], np.bool_))
            self.floating = {key: line for key, line in self.floating.items() if key not in over}
        if came:
            self.spans += spans_of(came, self.row_of, self.columns)
            self.floating = {**self.floating, **{line.id: line for line in came}}


def _moved(
    table: Mapping[str, dict[int, Line]],
    names: Collection[str],
    came: Iterable[Line],
    gone: Iterable[Line],
    isin: Callable[[Line], bool],
) -> dict[str, dict[int, Line]]:
    """The lines of these applications, which are allocations of one kind, after those went and these came."""
    found = {name: dict(table.get(name, {})) for name in names}
    for line in gone:
        if line.kind == "allocation" and isin(line):
            del found[line.application][line.id]
    for line in came:
        if line.kind == "allocation" and isin(line):
            found[line.application][line.id] = line
    return found


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
        name: {key: line for key, line in picture.allocations[name].items() if key not in over} for name in names
    }
    for line in again:
        allocations[line.application][line.id] = line
    running = {name: _allocations(lines, picture.server_row) or None for name, lines in allocations.items()}
    ended = dict.fromkeys(name for name in names if not running[name])
    return replace(
        picture,
        snapshot=replace(
            snapshot,
            running=Layers.of(snapshot.running).changed(running),
            applications=Roster.of(snapshot.applications).changed(ended),
            standby=tuple(each for each in snapshot.standby if each.application not in names),
        ),
        floating=(*(line for line in picture.floating if line.id not in over), *floats),
        spans=spans + spans_of(floats, picture.server_row, picture.columns) if floats else spans,
        allocations=Layers.of(picture.allocations).changed({name: each or None for name, each in allocations.items()}),
        standby=Layers.of(picture.standby).changed(dict.fromkeys(names)),
    )


def _allocations(lines: Mapping[int, Line], row_of: Mapping[int, int]) -> tuple[Allocation, ...]:
    return tuple(
        Allocation(line.application, row_of[line.server], line.instances, line.cells, line.demand, line.devices)
        for line in lines.values()
    )
