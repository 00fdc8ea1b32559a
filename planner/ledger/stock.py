"""Stock: sites and servers come, change and go; whole worlds and streams of rows are taken in."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from planner.inventory.devices import GPU
from planner.inventory.domains import Domains
from planner.inventory.inventory import STATES, Inventory
from planner.inventory.snapshot import topology
from planner.inventory.units import Units
from planner.inventory.world import World
from planner.ledger import heal, rows
from planner.ledger.answer import sealed
from planner.ledger.books import Books, By
from planner.ledger.entries import Booking
from planner.ledger.picture import Picture
from planner.ledger.refused import Refused
from planner.ledger.running import running
from planner.manifests.instants import FOREVER
from planner.manifests.quantities import DEVICE
from planner.manifests.runtimes import Runtimes
from planner.store import degraded, reading
from planner.store import inventory as store
from planner.store.inventory import Room
from planner.store.reading import ServerRow, SiteRow
from planner.store.unit import Unit

_Before = tuple[Sequence[SiteRow], Sequence[ServerRow]]
MANY = 1000
"""Rows after which the database is told that its tables have grown."""


@dataclass(frozen=True, slots=True)
class Imported:
    """How many sites and servers came or changed, and lines came. generation: of the books since then."""

    sites: int
    servers: int
    lines: int
    generation: int


def import_world(books: Books, world: World, by: By) -> Imported:
    """Sites and servers are added, or changed where they are known; what runs is booked, and must not run yet.

    Raises Refused when a server would have less than is booked on it."""
    with books.unit(by) as unit:
        names = {row.application for row in world.allocations} | {row.application for row in world.standby}
        if both := sorted(names & reading.manifests(unit.connection).keys()):
            raise Refused("application.exists", f"{both[0]} runs already: what runs can be imported once")
        counts = _write(unit, world.inventory, world.runtimes)
        lines = running(world, counts.ids, unit.now)
        booking = Booking(
            *(f"a-import-{unit.generation}", "allocation", "confirmed", "", "import", unit.now),
            *(FOREVER, FOREVER, False, json.dumps({"world": world.generation})),
        )
        if lines:
            unit.open(booking)
            unit.take([line._replace(booking=booking.id) for line in lines])
            unit.applications(each for each in world.applications if each.id in names)
        imported = sealed(unit, by, counts.told(unit, "inventory.import", world.generation, len(lines)))
    _grown(books, imported)
    return imported


def import_inventory(books: Books, inventory: Inventory, by: By, source: str) -> Imported:
    """Add sites and servers, or change those that are known; others stay as they are. Raises Refused."""
    with books.unit(by) as unit:
        imported = sealed(unit, by, _write(unit, inventory, None).told(unit, "inventory.import", source, 0))
    _grown(books, imported)
    heal.replace_lost(books, by)
    return imported


def _grown(books: Books, imported: Imported) -> None:
    if imported.servers + imported.lines >= MANY:
        books.database.analyze()


def set_state(books: Books, state: str, by: By, *, site: str | None = None, server: str | None = None) -> Picture:
    """online, draining (nothing new comes), offline (frozen) or retired (must be empty). Reservations that lose room by
    it are marked degraded and put elsewhere where there is room; they are sound again when it is back.

    Raises Refused for what is unknown, and for retiring what is in use."""
    if state not in STATES:
        raise Refused("state.unknown", f"found '{state}', expected one of {', '.join(STATES)}")
    with books.unit(by) as unit:
        write_state(unit, state, site=site, server=server)
    heal.replace_lost(books, by)
    return books.picture()


def write_state(unit: Unit, state: str, *, site: str | None = None, server: str | None = None) -> None:
    """Only the state, and what is degraded by it, as part of a unit of work. Raises Refused as `set_state`."""
    sites, servers = named(unit, site, server)
    unit.lock({row.id for row in sites} | {row.site for row in servers})
    sites, servers = named(unit, site, server)  # as they are now that nobody else can change them
    if state == "retired":
        what = f"{site or server} cannot be retired"
        at = sites[0].id if sites else None
        store.must_be_empty(unit, what, site=at, servers=[row.id for row in servers])
    before = {row.name: row.state for row in sites} | {row.name: row.state for row in servers}
    changed = [replace(row, state=state) for row in sites], [replace(row, state=state) for row in servers]
    store.write(unit, *changed, {}, [])
    degraded.mark(unit, [row.id for row in sites], [row.id for row in servers])
    detail = {"before": before, "after": state, "rows": undo(sites, servers)}
    unit.tell("site.state" if site is not None else "server.state", site or server or "", detail)


@dataclass(frozen=True, slots=True)
class _Counts:
    """ids: of every server there is now, by name."""

    sites: int
    servers: int
    ids: Mapping[str, int]
    undo: Sequence[Mapping[str, object]]
    runtimes: Mapping[str, object]

    def told(self, unit: Unit, action: str, subject: str, lines: int) -> Imported:
        counts = {"sites": self.sites, "servers": self.servers, "lines": lines}
        unit.tell(action, subject, {**counts, **self.runtimes, "rows": list(self.undo)})
        return Imported(self.sites, self.servers, lines, unit.advance())


def _write(unit: Unit, inventory: Inventory, runtimes: Runtimes | None) -> _Counts:
    """Sites and servers that are new or differ."""
    known_sites = {row.name: row for row in reading.sites(unit.connection)}
    known = {row.name: row for row in reading.servers(unit.connection)}
    given = rows.site_rows(inventory.sites)
    sites = [
        replace(row, id=known_sites[row.name].id) if row.name in known_sites else row
        for row in given
        if row.name not in known_sites or replace(known_sites[row.name], id=0, generation=0) != row
    ]
    names = inventory.sites.name
    site_of = {
        name: names[at] for name, at in zip(inventory.servers.name, inventory.servers.site.tolist(), strict=True)
    }
    _stay(known, known_sites, site_of)
    fresh = rows.server_rows(inventory)
    servers = [
        replace(row, id=known[row.name].id, site=known[row.name].site) if row.name in known else row
        for row in fresh
        if row.name not in known or replace(known[row.name], id=0, site=0) != row
    ]
    changed = {row.name for row in servers}
    touched = {row.id for row in sites if row.id} | {row.site for row in servers if row.site}
    into = {known_sites[site_of[row.name]].id for row in servers if not row.id and site_of[row.name] in known_sites}
    unit.lock(touched | into)
    undo_runtimes: dict[str, object] = {}
    here = runtimes or Runtimes.model_validate_json(reading.head(unit.connection).runtimes)
    if runtimes is not None:
        undo_runtimes = {"runtimes": reading.head(unit.connection).runtimes}
        unit.advance()
        store.write_runtimes(unit, runtimes.model_dump_json(by_alias=True, exclude_defaults=True))
    before = [known_sites[row.name] for row in sites if row.id], [known[row.name] for row in servers if row.id]
    _rates_stay(unit, before[1], servers)
    _retire(unit, before, sites, servers)
    room = [each for each in rooms(inventory, here) if each.server in changed]
    ids = store.write(unit, sites, servers, site_of, room)
    if any(before):
        degraded.mark(unit, [row.id for row in before[0]], [row.id for row in before[1]])
        _losses_stay(unit)
    every = {name: row.id for name, row in known.items()} | ids
    return _Counts(len(sites), len(servers), every, undo(*before), undo_runtimes)


def _retire(unit: Unit, before: _Before, sites: Sequence[SiteRow], servers: Sequence[ServerRow]) -> None:
    """What was not retired before and is now must be empty."""
    live = {row.id for row in before[0] if row.state != "retired"}
    for site in sites:
        if site.state == "retired" and site.id in live:
            store.must_be_empty(unit, f"{site.name} cannot be retired", site=site.id)
    live = {row.id for row in before[1] if row.state != "retired"}
    if gone := [row.id for row in servers if row.state == "retired" and row.id in live]:
        store.must_be_empty(unit, "servers cannot be retired", servers=gone)


def _losses_stay(unit: Unit) -> None:
    """A place for the loss of which room stands aside keeps its name."""
    lost = reading.losses(unit.connection)
    if not lost:
        return
    inventory = rows.inventory(reading.sites(unit.connection), reading.servers(unit.connection))
    domains = Domains(inventory, topology(inventory))
    for each in lost:
        level, _, name = each.partition(":")
        if name not in domains.ids(level):
            raise Refused("standby.place", f"room stands aside for the loss of {level} {name}, which would be no more")


def rooms(inventory: Inventory, runtimes: Runtimes) -> Iterable[Room]:
    """Of every server, in the books' units."""
    units = Units.of(inventory, runtimes)
    capacity, _ = units.capacity(inventory)
    gpu = units.columns.index(GPU) if GPU in units.columns else None
    for name, row in zip(inventory.servers.name, capacity.tolist(), strict=True):
        for resource, amount in zip(units.columns, row, strict=True):
            yield Room(name, resource, amount)
        for device in range(0 if gpu is None else row[gpu]):
            yield Room(name, f"{GPU}#{device}", DEVICE)


def _stay(known: Mapping[str, ServerRow], sites: Mapping[str, SiteRow], site_of: Mapping[str, str]) -> None:
    at = {row.id: row.name for row in sites.values()}
    for name, site in site_of.items():
        if name in known and at[known[name].site] != site:
            raise Refused("server.moved", f"server {name} stands in site {at[known[name].site]}, not in {site}")


def _rates_stay(unit: Unit, before: Sequence[ServerRow], after: Sequence[ServerRow]) -> None:
    """The books of a server are kept in units of its overcommit: it may change only while the server is empty."""
    new = {row.name: row for row in after}
    key = "cpu_overcommit"
    changed = [row.id for row in before if json.loads(row.fields).get(key) != json.loads(new[row.name].fields).get(key)]
    if changed:
        store.must_be_empty(unit, "cpu_overcommit cannot change", servers=changed)


def named(unit: Unit, site: str | None, server: str | None) -> tuple[list[SiteRow], list[ServerRow]]:
    return (
        [reading.site_named(unit.connection, site)] if site is not None else [],
        [reading.server_named(unit.connection, server)] if server is not None else [],
    )


def undo(sites: Sequence[SiteRow], servers: Sequence[ServerRow]) -> list[dict[str, object]]:
    """What the rows said before: enough to see the inventory of any generation again."""
    told: list[dict[str, object]] = [{"site": row.id, "state": row.state, "fields": row.fields} for row in sites]
    return told + [{"server": row.id, "state": row.state, "fields": row.fields, "cells": row.cells} for row in servers]
