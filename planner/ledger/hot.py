"""Keeps the books' picture hot in memory, and brings it up to date by what changed since."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import TypeVar

import numpy as np

from planner.inventory.inventory import Column
from planner.inventory.snapshot import Snapshot
from planner.inventory.world import World
from planner.ledger import rows
from planner.ledger.entries import Booking, Line
from planner.ledger.ground import changed, columns, having
from planner.ledger.losses import Losses
from planner.ledger.picture import Picture
from planner.ledger.tally import Tally
from planner.manifests.runtimes import Runtimes
from planner.quiet import without_collections
from planner.store import audit, reading
from planner.store.database import Connection
from planner.store.reading import Head, ServerRow, SiteRow

Row = TypeVar("Row", SiteRow, ServerRow)


class Hot:
    """A picture of the books, and what is needed to go on to the next. Not for several threads at once.

    changes: lines that came or went since; all lines and servers count when the inventory is built anew."""

    def __init__(self, connection: Connection, generation: int | None = None) -> None:
        """The books as they are, or as they were at a generation (without its bookings, only with their lines)."""
        self.changes = 0
        with without_collections():
            self._read(connection, generation)
            self.rebuild()

    def _read(self, connection: Connection, generation: int | None) -> None:
        self.head = reading.head(connection)
        self._freed = self.head.generation
        self.sites = reading.sites(connection, upto=generation)
        self.servers = reading.servers(connection, upto=generation)
        self.bookings: dict[str, Booking] = {}
        if generation is None:
            self.bookings = {each.id: each for each in reading.active(connection)}
        else:
            self.head = replace(self.head, generation=generation)
            self._undo(connection, generation)
        self._manifests = reading.manifests(connection, generation)
        self._lines = {line.id: line for line in reading.lines(connection, generation)}

    def _undo(self, connection: Connection, generation: int) -> None:
        """Take back what was done to the inventory since, the last first."""
        sites, servers = {row.id: row for row in self.sites}, {row.id: row for row in self.servers}
        for detail in audit.told_since(connection, generation):
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
        self._site_ids = np.array([row.id for row in self.sites], np.int64)
        self._server_ids = np.array([row.id for row in self.servers], np.int64)
        self._row = {row.id: position for position, row in enumerate(self.servers)}
        self._lay()
        self._tally = Tally(columns(self._ground), self._row)
        self._tally.change(list(self._lines.values()), [], self._manifests)
        self.changes += len(self._lines) + len(self.servers)
        self.picture = self._picture(self._whole())

    def refresh(self, connection: Connection) -> Picture:
        """The picture of now; the same one when nothing changed."""
        since = self.head
        news = reading.news(connection, since.generation)
        self.head = head = news.head
        if head.generation == since.generation:
            return self.picture
        self._manifests |= news.manifests
        for booking in news.bookings:
            self._note(booking)
        if head.inventory != since.inventory or head.runtimes != since.runtimes:
            self._reread(connection, since)
        self._apply(news.came, news.went, news.manifests, self.picture.snapshot)
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
            self._lay()
            self.picture = self._picture(self._whole())
            return
        self.sites, self.servers = reading.sites(connection), reading.servers(connection)
        self.rebuild()

    def _apply(self, came: Sequence[Line], went: Sequence[int], other: Collection[str], before: Snapshot) -> None:
        gone = [self._lines.pop(identity) for identity in went if identity in self._lines]
        if gone:
            self._freed = self.head.generation
        new = [line for line in came if line.id not in self._lines]
        self._lines.update({line.id: line for line in new})
        self.changes += len(new) + len(gone)
        rows = self._tally.change(new, gone, self._manifests, other)
        self.picture = self._picture(changed(before, self._tally.base, rows) if len(rows) else before)

    def _note(self, booking: Booking) -> None:
        if booking.state == "active":
            self.bookings[booking.id] = booking
        else:
            self.bookings.pop(booking.id, None)

    def _lay(self) -> None:
        """Everything that follows from the inventory alone."""
        runtimes = Runtimes.model_validate_json(self.head.runtimes)
        self._ground = Snapshot.of(World(self._inventory, (), (), runtimes, ""))

    def _whole(self) -> Snapshot:
        """With what is taken at any time."""
        base = self._tally.base
        return replace(having(self._ground, base), busy=np.asarray(base.any(axis=1)))

    def _picture(self, snapshot: Snapshot) -> Picture:
        tally = self._tally
        return Picture(
            generation=self.head.generation,
            snapshot=replace(
                snapshot,
                generation=str(self.head.generation),
                applications=tally.known,
                running=tally.running,
                standby=tally.aside(),
                windows=tally.known.windows(),
            ),
            columns=tally.columns,
            floating=tuple(tally.floating.values()),
            spans=tally.spans,
            bookings=dict(self.bookings),
            site_ids=self._site_ids,
            server_ids=self._server_ids,
            server_row=self._row,
            allocations=tally.allocations,
            standby=tally.standby,
            losses=Losses(sum(each.degraded for each in self.bookings.values()), self.head.inventory, self._freed),
        )


def _states_only(before: Sequence[Row], changed: Sequence[Row]) -> bool:
    """Nothing else differs, and nothing is new."""
    known = {row.id: row for row in before} if changed else {}
    return all(row.id in known and _bare(row) == _bare(known[row.id]) for row in changed)


def _bare(row: SiteRow | ServerRow) -> SiteRow | ServerRow:
    return replace(row, state="", generation=0) if isinstance(row, SiteRow) else replace(row, state="")


def _patched(rows: Sequence[Row], changed: Sequence[Row]) -> list[Row]:
    new = {row.id: row for row in changed}
    return [new.get(row.id, row) for row in rows]
