"""Writes sites and servers, and the rooms that servers bring."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import bindparam, func, select, update

from planner.ledger.refused import Refused
from planner.store import bulk, schema
from planner.store.bulk import parts
from planner.store.reading import ServerRow, SiteRow
from planner.store.unit import Unit

SITE = ("id", "name", "state", "generation", "born", "changed", "fields")
SERVER = ("id", "site_id", "name", "state", "born", "changed", "fields", "cells")
ROOM = ("server_id", "resource", "since", "used", "capacity")


class Room(NamedTuple):
    """Capacity of one server in the books' units. server: its name."""

    server: str
    resource: str
    capacity: int


def write(
    unit: Unit,
    sites: Sequence[SiteRow],
    servers: Sequence[ServerRow],
    site_of: Mapping[str, str],
    rooms: Sequence[Room],
) -> dict[str, int]:
    """New ones have id 0 and get one; the others are changed. site_of: server -> site, for servers that are new.
    rooms: of servers that are new, and those of others that differ. Returns the ids of all servers written."""
    generation = unit.advance()
    _sites(unit, [row for row in sites if not row.id], [row for row in sites if row.id], generation)
    table = schema.sites
    site_ids = {row.name: row.id for row in unit.connection.execute(select(table.c.name, table.c.id))}
    new = [row for row in servers if not row.id]
    first = 1 + (unit.connection.execute(select(func.max(schema.servers.c.id))).scalar() or 0)
    ids = {row.name: first + position for position, row in enumerate(new)}
    rows = (
        (ids[row.name], site_ids[site_of[row.name]], row.name, row.state, generation, generation, row.fields, row.cells)
        for row in new
    )
    bulk.insert(unit.connection, schema.servers, SERVER, rows)
    _changed_servers(unit, [row for row in servers if row.id], generation)
    ids |= {row.name: row.id for row in servers if row.id}
    _rooms(unit, rooms, ids, {row.name for row in new})
    unit.connection.execute(update(schema.books).values(inventory=generation))
    return ids


def write_runtimes(unit: Unit, runtimes: str) -> None:
    unit.connection.execute(update(schema.books).values(runtimes=runtimes))


def _sites(unit: Unit, new: Sequence[SiteRow], others: Sequence[SiteRow], generation: int) -> None:
    first = 1 + (unit.connection.execute(select(func.max(schema.sites.c.id))).scalar() or 0)
    rows = (
        (first + place, row.name, row.state, generation, generation, generation, row.fields)
        for place, row in enumerate(new)
    )
    bulk.insert(unit.connection, schema.sites, SITE, rows)
    table = schema.sites
    query = update(table).where(table.c.id == bindparam("row"))
    query = query.values(state=bindparam("new_state"), fields=bindparam("new_fields"), changed=generation)
    if others:
        given = [{"row": row.id, "new_state": row.state, "new_fields": row.fields} for row in others]
        unit.connection.execute(query, given)


def _changed_servers(unit: Unit, rows: Sequence[ServerRow], generation: int) -> None:
    table = schema.servers
    query = update(table).where(table.c.id == bindparam("row"))
    query = query.values(
        state=bindparam("new_state"), fields=bindparam("new_fields"), cells=bindparam("new_cells"), changed=generation
    )
    if rows:
        given = [
            {"row": row.id, "new_state": row.state, "new_fields": row.fields, "new_cells": row.cells} for row in rows
        ]
        unit.connection.execute(query, given)


def _rooms(unit: Unit, rooms: Sequence[Room], ids: Mapping[str, int], new: set[str]) -> None:
    """Those of servers that were there before say the new capacity in every stretch of time, and nothing of what is
    not named any more. Raises IntegrityError when more is used than would be left."""
    wanted = {(ids[row.server], row.resource): row.capacity for row in rooms if row.server not in new}
    known = _capacities(unit, sorted({server for server, _ in wanted}))
    fresh = [(ids[row.server], row.resource, 0, 0, row.capacity) for row in rooms if row.server in new and row.capacity]
    fresh += [(*key, 0, 0, capacity) for key, capacity in wanted.items() if key not in known and capacity]
    bulk.insert(unit.connection, schema.rooms, ROOM, fresh)
    changed = [(*key, wanted.get(key, 0)) for key, capacity in known.items() if capacity != wanted.get(key, 0)]
    bulk.update(unit.connection, "rooms", ("server_id", "resource"), "capacity", changed)


def _capacities(unit: Unit, servers: Sequence[int]) -> dict[tuple[int, str], int]:
    table = schema.rooms.c
    query = select(table.server_id, table.resource, func.max(table.capacity)).group_by(table.server_id, table.resource)
    known = {}
    for part in parts(servers):
        for server, resource, capacity in unit.connection.execute(query.where(table.server_id.in_(part))):
            known[server, resource] = capacity
    return known


def must_be_empty(unit: Unit, what: str, *, site: int | None = None, servers: Sequence[int] = ()) -> None:
    """Raises Refused when something is booked there, now or later."""
    table = schema.lines
    query = select(func.count()).select_from(table).where(table.c.died.is_(None))
    at = schema.servers.c
    inside = [table.c.server_id.in_(part) for part in parts(servers)]
    if site is not None:
        inside.append(table.c.server_id.in_(select(at.id).where(at.site_id == site)))
    for condition in inside:
        if count := unit.connection.execute(query.where(condition)).scalar():
            raise Refused("server.in-use", f"{what}: {count:,} bookings stand there")
