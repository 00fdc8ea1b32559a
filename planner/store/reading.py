"""Reads the books: as they are, what changed since a generation, or as they were at one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import Connection, func, select

from planner.ledger.entries import Booking, Line
from planner.ledger.refused import Refused
from planner.manifests.instants import FOREVER
from planner.store import schema
from planner.store.bulk import fetch, parts
from planner.store.driver import among, execute, together

LINE = ("id", "booking_id", "kind", "tenant", "application", "demand", "cells", "server_id", "instances")
LINES = (*LINE, "start", "ends", "amounts", "asked", "devices", "lost", "daily")
SINCE = f"SELECT {', '.join(LINES)}, born, died FROM lines WHERE born > ? OR died > ? ORDER BY id"
HEAD = "SELECT generation, inventory, runtimes FROM books"
MANIFESTS = "SELECT id, manifest FROM applications WHERE born > ? AND died IS NULL ORDER BY born, id"
BOOKINGS = ("id", "kind", "state", "tenant", "name", "start", "ends", "expires", "degraded", "document")
TURNED = f"SELECT {', '.join(BOOKINGS)} FROM bookings WHERE kind <> 'allocation' AND generation > ? ORDER BY id"


@dataclass(frozen=True, slots=True)
class Head:
    """generation: of the books. inventory: at which sites or servers last changed. runtimes: JSON."""

    generation: int
    inventory: int
    runtimes: str


@dataclass(frozen=True, slots=True)
class SiteRow:
    id: int
    name: str
    state: str
    generation: int
    fields: str


@dataclass(frozen=True, slots=True)
class ServerRow:
    id: int
    site: int
    name: str
    state: str
    fields: str
    cells: str


def head(connection: Connection) -> Head:
    return Head(*execute(connection, HEAD).fetchone())


def sites(connection: Connection, changed_after: int = -1, upto: int | None = None) -> list[SiteRow]:
    """Those that changed after a generation. upto: only those that were there at a generation, as they are now."""
    where = f"changed > {changed_after:d}" + ("" if upto is None else f" AND born <= {upto:d}")
    columns = ("id", "name", "state", "generation", "fields")
    return [SiteRow(*row) for row in fetch(connection, schema.sites, columns, where, "id")]


def servers(connection: Connection, changed_after: int = -1, upto: int | None = None) -> list[ServerRow]:
    """As `sites`, in the order of their sites."""
    where = f"changed > {changed_after:d}" + ("" if upto is None else f" AND born <= {upto:d}")
    columns = ("id", "site_id", "name", "state", "fields", "cells")
    rows = fetch(connection, schema.servers, columns, where, "site_id, id")
    return [ServerRow(*row) for row in rows]


def site_named(connection: Connection, name: str) -> SiteRow:
    """Raises Refused when there is none."""
    table = schema.sites
    columns = (table.c.id, table.c.name, table.c.state, table.c.generation, table.c.fields)
    row = connection.execute(select(*columns).where(table.c.name == name)).one_or_none()
    if row is None:
        raise Refused("site.unknown", f"there is no site '{name}'")
    return SiteRow(*row)


def server_named(connection: Connection, name: str) -> ServerRow:
    """Raises Refused when there is none."""
    table = schema.servers
    columns = (table.c.id, table.c.site_id, table.c.name, table.c.state, table.c.fields, table.c.cells)
    row = connection.execute(select(*columns).where(table.c.name == name)).one_or_none()
    if row is None:
        raise Refused("server.unknown", f"there is no server '{name}'")
    return ServerRow(*row)


def alive(generation: int | None) -> str:
    """The condition for what is part of the books: now, or at a generation."""
    if generation is None:
        return "died IS NULL"
    return f"born <= {generation:d} AND (died IS NULL OR died > {generation:d})"


def lines(connection: Connection, generation: int | None = None) -> list[Line]:
    """What is the same in many is one object: of hundreds of thousands, this takes a third of the memory."""
    query = f"SELECT {', '.join(LINES)} FROM lines WHERE {alive(generation)} ORDER BY id"
    return [_line(row) for row in _shared(execute(connection, query))]


@dataclass(frozen=True, slots=True)
class News:
    """What changed since a generation. came: lines that are still there; went: ids. manifests: JSON, by application.
    bookings: reservations and holds."""

    head: Head
    came: list[Line]
    went: list[int]
    manifests: dict[str, str]
    bookings: list[Booking]


def news(connection: Connection, generation: int) -> News:
    """Asked for at once, with the head: mostly there is something."""
    with together(connection):
        head_ = execute(connection, HEAD)
        lines_ = execute(connection, SINCE, (generation, generation))
        manifests_ = execute(connection, MANIFESTS, (generation,))
        bookings_ = execute(connection, TURNED, (generation,))
    since = list(_shared(lines_))
    return News(
        head=Head(*head_.fetchone()),
        came=[_line(row[:-2]) for row in since if row[-1] is None],
        went=[row[0] for row in since if row[-1] is not None and row[-2] <= generation],
        manifests=dict(manifests_.fetchall()),
        bookings=[_booking(row) for row in bookings_.fetchall()],
    )


def shared_lines(connection: Connection, servers: Sequence[int]) -> list[Line]:
    """Those on these servers whose room is shared with others."""
    found = []
    for part in parts(servers):
        inside = ",".join(map(str, map(int, part)))
        found += fetch(
            connection,
            schema.lines,
            LINES,
            f"{schema.ALIVE} AND (lost <> '' OR daily <> '') AND server_id IN ({inside})",
            "id",
        )
    return [_line(row) for row in found]


def losses(connection: Connection) -> list[str]:
    """For which room stands aside."""
    query = f"SELECT DISTINCT lost FROM lines WHERE {schema.ALIVE} AND lost <> '' ORDER BY lost"
    return [row[0] for row in execute(connection, query).fetchall()]


def lines_of(connection: Connection, booking: str) -> list[Line]:
    """Those that are alive."""
    table = schema.lines
    columns = [table.c[name] for name in LINES]
    query = select(*columns).where(table.c.booking_id == booking, table.c.died.is_(None)).order_by(table.c.id)
    return [_line(tuple(row)) for row in connection.execute(query)]


def manifests(connection: Connection, generation: int | None = None) -> dict[str, str]:
    """Application id -> JSON."""
    return dict(fetch(connection, schema.applications, ("id", "manifest"), alive(generation), "born, id"))


def active(connection: Connection) -> list[Booking]:
    """Reservations and holds."""
    where = "kind <> 'allocation' AND state = 'active'"
    return [_booking(row) for row in fetch(connection, schema.bookings, BOOKINGS, where, "id")]


def booking_generation(connection: Connection, identity: str) -> int:
    """In which a booking last changed, or a line of it came or went."""
    table, lines_ = schema.bookings, schema.lines
    query = select(func.max(lines_.c.born), func.max(lines_.c.died)).where(lines_.c.booking_id == identity)
    of_lines = connection.execute(query).one()
    own = connection.execute(select(table.c.generation).where(table.c.id == identity)).scalar() or 0
    return max(own, *(each or 0 for each in of_lines))


Place = Literal["sites", "servers"]


def changed(connection: Connection, place: Place, names: Sequence[str]) -> dict[str, int]:
    """The generation of the last change of each of these sites or servers, by name."""
    table = schema.sites if place == "sites" else schema.servers
    found: dict[str, int] = {}
    for begin in range(0, len(names), 5000):
        query = select(table.c.name, table.c.changed).where(table.c.name.in_(names[begin : begin + 5000]))
        found |= {row.name: row.changed for row in connection.execute(query)}
    return found


def booking(connection: Connection, identity: str) -> Booking:
    """Raises Refused when there is none."""
    table = schema.bookings
    query = select(*(table.c[name] for name in BOOKINGS)).where(table.c.id == identity)
    row = connection.execute(query).one_or_none()
    if row is None:
        raise Refused("booking.unknown", f"there is no booking '{identity}'")
    return _booking(tuple(row))


def held_bookings(connection: Connection, ids: Sequence[str]) -> list[Booking]:
    """Those of them that are active, in the order of their ids; nobody else may change them until the end."""
    if not ids:
        return []
    condition, given = among(connection, "id", ids)
    held = "" if connection.dialect.name == "sqlite" else " FOR UPDATE"
    query = f"SELECT {', '.join(BOOKINGS)} FROM bookings WHERE {condition} AND state = 'active' ORDER BY id{held}"
    return [_booking(tuple(row)) for row in execute(connection, query, given).fetchall()]


def bookings(connection: Connection, kind: str, tenant: str | None = None) -> Iterator[Booking]:
    """Of one kind, the newest last."""
    table = schema.bookings
    query = select(*(table.c[name] for name in BOOKINGS)).where(table.c.kind == kind)
    if tenant is not None:
        query = query.where(table.c.tenant == tenant)
    for row in connection.execute(query.order_by(table.c.start, table.c.id)):
        yield _booking(tuple(row))


def due(connection: Connection, now: int) -> tuple[list[str], list[Line]]:
    """(ids of holds whose time is over, lines alive whose end is past)."""
    table = schema.bookings
    query = select(table.c.id).where(table.c.kind == "hold", table.c.state == "active", table.c.expires <= now)
    where = f"died IS NULL AND ends < {FOREVER} AND ends <= {now:d}"
    return list(connection.execute(query).scalars()), [
        _line(row) for row in fetch(connection, schema.lines, LINES, where, "id")
    ]


def remembered(connection: Connection, key: str) -> tuple[str, str] | None:
    """(digest of the request, answer) that this idempotency key stands for."""
    table = schema.keys
    row = connection.execute(select(table.c.digest, table.c.answer).where(table.c.key == key)).one_or_none()
    return None if row is None else (row.digest, row.answer)


def used_between(connection: Connection, begin: int, stop: int) -> list[tuple[Line, int | None]]:
    """Every line that took room in that time, with the instant at which it was given back before its end."""
    where = f"start < {stop:d} AND ends > {begin:d} AND (stopped IS NULL OR stopped > {begin:d})"
    rows = fetch(connection, schema.lines, (*LINES, "stopped"), where, "id")
    return [(_line(row[:-1]), row[-1]) for row in rows]


def rooms(connection: Connection) -> Any:
    """(server id, resource, since, used, aside, capacity), in this order."""
    columns = ("server_id", "resource", "since", "used", "aside", "capacity")
    return fetch(connection, schema.rooms, columns, order="server_id, resource, since")


def _shared(rows: Iterable[tuple[Any, ...]]) -> Iterator[tuple[Any, ...]]:
    """What is equal in several of them is one object."""
    one: dict[Any, Any] = {}
    return (tuple(map(one.setdefault, row, row)) for row in rows)


def _line(row: tuple[Any, ...]) -> Line:
    if not row[6] and not row[13]:
        return Line._make((*row[:6], (), *row[7:13], (), *row[14:]))
    return Line._make((*row[:6], _numbers(row[6]), *row[7:13], _numbers(row[13]), *row[14:]))


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(map(int, text.split(";"))) if text else ()


def _booking(row: tuple[Any, ...]) -> Booking:
    given = dict(zip(BOOKINGS, row, strict=True))
    return Booking(**given | {"degraded": bool(given["degraded"])})
