"""Keeps the books' picture hot in memory, and brings it up to date by what changed since."""

from __future__ import annotations

import gc
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import lru_cache
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from planner.inventory.inventory import Column, Inventory
from planner.inventory.snapshot import Snapshot
from planner.inventory.world import Allocation, World
from planner.ledger import rows
from planner.ledger.calendar import Spans
from planner.ledger.entries import Booking, Line
from planner.ledger.lifetime import at_any_time
from planner.ledger.picture import Picture, having, vector
from planner.manifests.application import Application
from planner.manifests.instants import FOREVER
from planner.manifests.runtimes import Runtimes
from planner.store import reading
from planner.store.database import Connection
from planner.store.reading import Head, ServerRow, SiteRow

Ints = NDArray[np.int64]
Row = TypeVar("Row", SiteRow, ServerRow)


def plain(line: Line) -> bool:
    """It runs, and nobody knows until when: it is taken at any time."""
    return line.kind == "allocation" and line.ends >= FOREVER


class Hot:
    """A picture of the books, and what is needed to go on to the next. Not for several threads at once."""

    def __init__(self, connection: Connection, generation: int | None = None) -> None:
        """The books as they are, or as they were at a generation (without its bookings, only with their lines)."""
        with _without_collections():
            self._read(connection, generation)
            self.rebuild()

    def _read(self, connection: Connection, generation: int | None) -> None:
        self.head = reading.head(connection)
        self.sites = reading.sites(connection, upto=generation)
        self.servers = reading.servers(connection, upto=generation)
        self.bookings: dict[str, Booking] = {}
        if generation is None:
            self.bookings = {each.id: each for each in reading.bookings_since(connection, 0)}
        else:
            self.head = replace(self.head, generation=generation)
            self._undo(connection, generation)
        self._manifests = reading.manifests(connection, generation)
        self._lines = {line.id: line for line in reading.lines(connection, generation)}

    def _undo(self, connection: Connection, generation: int) -> None:
        """Take back what was done to the inventory since, the last first."""
        sites, servers = {row.id: row for row in self.sites}, {row.id: row for row in self.servers}
        for detail in reading.told_since(connection, generation):
            self.head = replace(self.head, runtimes=detail.get("runtimes", self.head.runtimes))
            for old in detail.get("rows", ()):
                if (key := old.get("site")) in sites:
                    sites[key] = replace(sites[key], state=old["state"], fields=old["fields"])
                if (key := old.get("server")) in servers:
                    changed = {name: old[name] for name in ("state", "fields", "cells")}
                    servers[key] = replace(servers[key], **changed)
        self.sites, self.servers = list(sites.values()), list(servers.values())

    def rebuild(self) -> None:
        """The picture from its rows."""
        self._inventory = rows.inventory(self.sites, self.servers)
        self._index()
        self._allocations: dict[str, dict[int, Line]] = {}
        self._floating: dict[int, Line] = {}
        self._running: dict[str, tuple[Allocation, ...]] = {}
        self._known: dict[str, Application] = {}
        self._lay(self._inventory)
        self._base = self._sum(line for line in self._lines.values() if plain(line))
        for line in self._lines.values():
            self._file(line)
        self._tell(self._allocations)
        self.picture = self._picture()

    def refresh(self, connection: Connection) -> Picture:
        """The picture of now; the same one when nothing changed."""
        head = reading.head(connection)
        since = self.head
        if head.generation == since.generation:
            return self.picture
        self.head = head
        came, went = reading.lines_since(connection, since.generation)
        self._manifests |= reading.manifests_since(connection, since.generation)
        for booking in reading.bookings_since(connection, max(since.generation, 1) if since.generation else 0):
            self._note(booking)
        if head.inventory != since.inventory or head.runtimes != since.runtimes:
            self._reread(connection, since)
        self._apply(came, went)
        self.picture = self._picture()
        return self.picture

    def _reread(self, connection: Connection, since: Head) -> None:
        """Sites and servers: a change of states is quick, any other builds the picture anew."""
        sites = reading.sites(connection, since.inventory)
        servers = reading.servers(connection, since.inventory)
        quick = self.head.runtimes == since.runtimes and _states_only(self.sites, sites)
        if quick and _states_only(self.servers, servers):
            self.sites, self.servers = _patched(self.sites, sites), _patched(self.servers, servers)
            at, each = self._inventory.sites, self._inventory.servers
            self._inventory = replace(
                self._inventory,
                sites=replace(at, state=tuple(row.state for row in self.sites)),
                servers=replace(each, state=Column.of([row.state for row in self.servers])) if servers else each,
            )
            self._lay(self._inventory)
            return
        self.sites, self.servers = reading.sites(connection), reading.servers(connection)
        self.rebuild()

    def _apply(self, came: Sequence[Line], went: Sequence[int]) -> None:
        gone = [self._lines.pop(identity) for identity in went if identity in self._lines]
        came = [line for line in came if line.id not in self._lines]
        touched = {line.application for line in (*came, *gone) if line.kind == "allocation"}
        for name in touched:  # pictures that were given away keep what they have
            self._allocations[name] = dict(self._allocations.get(name, {}))
        self._base = (
            self._base
            + self._sum(line for line in came if plain(line))
            - self._sum(line for line in gone if plain(line))
        )
        for line in gone:
            self._floating.pop(line.id, None)
            if line.kind == "allocation":
                self._allocations[line.application].pop(line.id)
        for line in came:
            self._lines[line.id] = line
            self._file(line)
        self._tell(touched)

    def _note(self, booking: Booking) -> None:
        if booking.state == "active":
            self.bookings[booking.id] = booking
        else:
            self.bookings.pop(booking.id, None)

    def _file(self, line: Line) -> None:
        if line.kind == "allocation":
            self._allocations.setdefault(line.application, {})[line.id] = line
        if not plain(line):
            self._floating[line.id] = line

    def _tell(self, names: Iterable[str]) -> None:
        """What runs of these applications, as the planner sees it."""
        for name in names:
            lines = self._allocations.get(name)
            if lines:
                self._running[name] = tuple(
                    Allocation(name, self._row[line.server], line.instances, line.cells, line.demand)
                    for line in lines.values()
                )
                self._known[name] = parsed(self._manifests[name])
            else:
                self._running.pop(name, None)
                self._known.pop(name, None)

    def _index(self) -> None:
        self._site_ids = np.array([row.id for row in self.sites], np.int64)
        self._server_ids = np.array([row.id for row in self.servers], np.int64)
        self._row = {row.id: position for position, row in enumerate(self.servers)}

    def _lay(self, inventory: Inventory) -> None:
        """Everything that follows from the inventory alone."""
        runtimes = Runtimes.model_validate_json(self.head.runtimes)
        self._ground = Snapshot.of(World(inventory, (), (), runtimes, ""))

    def _sum(self, lines: Iterable[Line]) -> Ints:
        """[servers, columns]: what lines take."""
        columns = self._ground.units.columns
        texts: dict[str, int] = {}
        found = [(self._row[line.server], texts.setdefault(line.amounts, len(texts)), line.instances) for line in lines]
        used = np.zeros((len(self.servers), len(columns)), np.int64)
        if found:
            server, text, instances = np.array(found, np.int64).T
            table = np.stack([vector(each, columns) for each in texts])
            np.add.at(used, server, table[text] * instances[:, None])
        return used

    def _picture(self) -> Picture:
        floating = tuple(self._floating.values())
        snapshot = replace(
            having(self._ground, self._base),
            generation=str(self.head.generation),
            busy=np.asarray(self._base.any(axis=1)),
            applications=dict(sorted(self._known.items())),
            running=dict(self._running),
        )
        empty = Spans.of([], len(snapshot.units.columns))
        picture = Picture(
            generation=self.head.generation,
            snapshot=snapshot,
            floating=floating,
            spans=empty,
            bookings=dict(self.bookings),
            site_ids=self._site_ids,
            server_ids=self._server_ids,
            server_row=self._row,
            allocations=dict(self._allocations),
        )
        return replace(picture, spans=picture.spans_of(floating)) if floating else picture


@contextmanager
def _without_collections() -> Iterator[None]:
    """Hundreds of thousands of new objects, all of which stay: looking for garbage among them took 1.8 of 4.0 s of
    processor time, for 100,000 servers and 235,562 lines."""
    before = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if before:
            gc.enable()


@lru_cache(maxsize=65_536)
def parsed(manifest: str) -> Application:
    """As the planner sees it: what is booked is there at any time of the day."""
    return at_any_time(Application.model_validate_json(manifest))


def _states_only(before: Sequence[Row], changed: Sequence[Row]) -> bool:
    """Nothing else differs, and nothing is new."""
    known = {row.id: row for row in before} if changed else {}
    return all(row.id in known and _bare(row) == _bare(known[row.id]) for row in changed)


def _bare(row: SiteRow | ServerRow) -> SiteRow | ServerRow:
    return replace(row, state="", generation=0) if isinstance(row, SiteRow) else replace(row, state="")


def _patched(rows: Sequence[Row], changed: Sequence[Row]) -> list[Row]:
    new = {row.id: row for row in changed}
    return [new.get(row.id, row) for row in rows]
