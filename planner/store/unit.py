"""Unit of work: one write transaction. It locks the sites that it touches, refuses when they changed since the decision
was made, and at its end takes the books to their next generation.

Locks are taken in one order everywhere (sites, applications, then at the very end the generation of the books), so
that nobody waits in a circle; the generation is held only while the last rows are written, and it grows in the order in
which transactions commit: whoever reads generation g has seen everything up to g.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from itertools import chain
from typing import Any

from sqlalchemy import Connection, update
from sqlalchemy.exc import IntegrityError, OperationalError

from planner.ledger.entries import Booking, Line
from planner.ledger.refused import Refused, Stale
from planner.manifests.application import Application
from planner.store import bulk, rooms, schema
from planner.store.bulk import chunks, parts
from planner.store.database import Database
from planner.store.decisions import Decided, keep
from planner.store.driver import among, execute, together
from planner.store.locks import LIVE, hold

LINE = ("booking_id", "kind", "tenant", "application", "demand", "cells", "server_id", "instances", "start", "ends")
LINE_COLUMNS = (*LINE, "amounts", "asked", "devices", "lost", "daily", "born")
AUDIT = ("at", "actor", "action", "subject", "before", "after", "detail")
UNKNOWN = (0, None)
"""(generation, manifest) of an application that is not there."""
BOOKING = ("id", "kind", "state", "tenant", "name", "start", "ends", "expires", "degraded", "document", "generation")


class Unit:
    """What is to be done; it happens at the end, all of it or nothing.

    connection: for reading inside the transaction. generation: the new one, once it is known.
    """

    def __init__(self, connection: Connection, now: int, actor: str) -> None:
        self.connection, self.now, self.actor = connection, now, actor
        self.generation = 0
        self._before = 0
        self._sites: set[int] = set()
        self._taken: list[Line] = []
        self._freed: list[Line] = []
        self._done = (0, 0)
        self._bookings: list[Booking] = []
        self._held: dict[int, tuple[str, int]] = {}
        self._known: dict[str, tuple[int, str | None]] = {}
        self._fresh: list[tuple[Any, ...]] = []
        self._told: list[tuple[str, str, str, Mapping[str, Any]]] = []
        self._keys: list[tuple[str, str, str]] = []
        self._decided: list[Decided] = []

    def hold(self, sites: Collection[int], names: Collection[str]) -> None:
        """Nobody else can change the sites, then the applications of these names that are known, until the end."""
        places, running = set(sites) - self._held.keys(), set(names) - self._known.keys()
        found = hold(self.connection, places, running)
        self._held |= found.sites
        self._known |= {name: found.applications.get(name, UNKNOWN) for name in running}

    def changed(self, sites: Collection[int], names: Collection[str], upto: int) -> str:
        """What of these, which it holds, is changed since the generation `upto`, in words; empty: nothing."""
        places = (self._held[row] for row in sites if row in self._held)
        running = ((name, self._known[name][0]) for name in names)
        for name, generation in chain(((f"site {name}", at) for name, at in places), running):
            if generation > upto:
                return f"{name} changed in between: it is at generation {generation}, not {upto}"
        return ""

    def lock(
        self,
        sites: Collection[int],
        upto: int | None = None,
        others: Collection[int] = (),
        names: Collection[str] = (),
    ) -> None:
        """Hold the sites and the others, which it changes, and the applications of these names that are known.

        Raises Stale when one of `sites` changed after the generation `upto`, or something of the applications was
        booked or released."""
        self.hold({*sites, *others}, names)
        if upto is not None and (why := self.changed(sites, names, upto)):
            raise Stale(why)
        self._sites.update(sites, others)

    def take(self, lines: Iterable[Line]) -> None:
        self._taken += lines

    def free(self, lines: Iterable[Line]) -> None:
        """Give back whole lines; a part is given back by taking the rest again."""
        self._freed += lines

    def turn(self, booking: Booking, expected: str = "active") -> None:
        """Write the new state of a booking. Raises Refused unless its state is the expected one."""
        table = schema.bookings
        row = _row(booking)
        given = {name: row[name] for name in ("state", "start", "ends", "expires", "degraded", "document")}
        query = update(table).where(table.c.id == booking.id, table.c.state == expected).values(given)
        if self.connection.execute(query).rowcount != 1:
            raise Refused(f"{booking.kind}.gone", f"{booking.kind} {booking.name} is not {expected} any more")
        self._bookings.append(replace(booking, document=""))

    def open(self, booking: Booking) -> None:
        """A new one. Raises Refused when the tenant has a reservation of that name."""
        self._bookings.append(booking)

    def tell(self, action: str, subject: str, detail: Mapping[str, Any]) -> None:
        """An entry of the audit log."""
        self._told.append((self.actor, action, subject, detail))

    def keep(self, decided: Decided) -> None:
        """The decision that it follows."""
        self._decided.append(decided)

    def answer(self, key: str, digest: str, answer: str) -> None:
        """Remember the answer to a request, for whoever repeats it."""
        self._keys.append((key, digest, answer))

    def applications(self, applications: Iterable[Application]) -> None:
        """Write manifests that are new or differ; all of them are changed by this unit."""
        given = {each.id: each.model_dump_json(by_alias=True, exclude_defaults=True) for each in applications}
        self.hold((), given.keys())
        self.advance()
        known = {name: self._known[name][1] for name in given}
        self._forget(sorted(name for name in given if known[name] not in (None, given[name])))
        new = sorted(name for name in given if known[name] != given[name])
        self._fresh += [(name, self.generation, self.generation, given[name]) for name in new]
        self.touch(set(given) - set(new))

    def touch(self, names: Iterable[str]) -> None:
        """Something of these applications was booked or released."""
        self.advance()
        for part in chunks(sorted(names)):
            self._write("UPDATE applications SET generation = ?", part, LIVE)

    def forget(self, names: Collection[str]) -> None:
        """Nothing of these applications runs any more."""
        self.advance()
        self._forget(sorted(names))

    def _forget(self, names: Sequence[str]) -> None:
        for part in chunks(names):
            self._write("UPDATE applications SET died = ?", part, LIVE)

    def _write(self, sql: str, ids: Sequence[int] | Sequence[str], more: str = "") -> Any:
        """With the generation as its only value."""
        condition, given = among(self.connection, "id", ids)
        return execute(self.connection, f"{sql} WHERE {condition}{more}", (self.generation, *given))

    def advance(self) -> int:
        """The next generation of the books, from here to the end of the transaction nobody else can have one."""
        taken, freed = self._taken[self._done[0] :], self._freed[self._done[1] :]
        before = self._taken[: self._done[0]], self._freed[: self._done[1]]
        self._done = len(self._taken), len(self._freed)
        first, quick = not self.generation, all(rooms.lasting(line, self.now) for line in (*taken, *freed))
        with together(self.connection) if first and quick else nullcontext():
            changes = rooms.change(self.connection, taken, freed, self.now, before) if taken or freed else []
            told = execute(self.connection, NEXT) if first else None
        if any(cursor.rowcount < count for cursor, count in changes):
            raise Stale("a server of this decision has no such resource any more")
        if told is not None:
            ((self.generation,),) = told.fetchall()
            self._before = self.generation - 1
        return self.generation

    def close(self) -> None:
        """Do it. Raises IntegrityError when a server would be oversold."""
        self.advance()
        few = len(self._taken) + len(self._fresh) + len(self._told) <= bulk.FEW
        with together(self.connection) if few else nullcontext():
            gone = list(self._write_all())
        if sum(cursor.rowcount for cursor in gone) != len(self._freed):
            raise Stale("what was to be given back is gone already")

    def _write_all(self) -> Iterator[Any]:
        """Cursors that say how many lines went."""
        bulk.insert(self.connection, schema.applications, ("id", "born", "generation", "manifest"), self._fresh)
        self._write_bookings()
        for part in parts([line.id for line in self._freed]):
            yield self._write(f"UPDATE lines SET stopped = {self.now:d}, died = ?", part, LIVE)
        bulk.insert(self.connection, schema.lines, LINE_COLUMNS, map(self._line, self._taken))
        for part in parts(sorted(self._sites)):
            self._write("UPDATE sites SET generation = ?", part)
        told = [
            (self.now, actor, action, subject, self._before, self.generation, _json(detail))
            for actor, action, subject, detail in self._told
        ]
        bulk.insert(self.connection, schema.audit, AUDIT, told)
        for decided in self._decided:
            keep(self.connection, decided)
        keys = [(*key, self.now) for key in self._keys]
        bulk.insert(self.connection, schema.keys, ("key", "digest", "answer", "at"), keys)
        if self.connection.dialect.name == "postgresql":
            execute(self.connection, f"NOTIFY {CHANNEL}, '{self.generation}'")

    def _write_bookings(self) -> None:
        new = [_row(each, self.generation) for each in self._bookings if each.document]
        bulk.insert(self.connection, schema.bookings, BOOKING, [tuple(row[name] for name in BOOKING) for row in new])
        for part in chunks([each.id for each in self._bookings if not each.document]):
            self._write("UPDATE bookings SET generation = ?", part)

    def _line(self, line: Line) -> tuple[Any, ...]:
        return (
            *(line.booking, line.kind, line.tenant, line.application, line.demand),
            *(";".join(map(str, line.cells)), line.server, line.instances, line.start, line.ends),
            *(line.amounts, line.asked, ";".join(map(str, line.devices)), line.lost, line.daily),
            self.generation,
        )


CHANNEL = "bayplan"
NEXT = "UPDATE books SET generation = generation + 1 RETURNING generation"


@contextmanager
def unit(database: Database, now: int, actor: str) -> Iterator[Unit]:
    """Raises Stale for a lost race, and Refused for what the database does not allow; then nothing was changed."""
    try:
        with database.writing() as connection:
            work = Unit(connection, now, actor)
            yield work
            work.close()
    except IntegrityError as error:
        raise _refusal(error) from error
    except OperationalError as error:
        if getattr(error.orig, "sqlstate", None) in ("40001", "40P01") or "is locked" in str(error.orig):
            raise Stale("others wrote at the same moment") from error
        raise


def _refusal(error: IntegrityError) -> Refused:
    said = str(error.orig)
    if "never_oversold" in said:
        return Refused("capacity.taken", "a server has less room than this needs: nothing was booked")
    if "bookings.tenant" in said or "uq_bookings_reservation" in said:
        return Refused("reservation.exists", "the tenant has an active reservation of that name")
    return Stale("others wrote the same at the same moment")


def _row(booking: Booking, generation: int = 0) -> dict[str, Any]:
    row = {name: getattr(booking, name) for name in BOOKING if name != "generation"}
    return row | {"degraded": int(booking.degraded), "generation": generation}


def _json(content: Mapping[str, Any]) -> str:
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"))
