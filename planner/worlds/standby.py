"""standby.csv: what would start where, should a domain be lost."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from itertools import compress

from planner.inventory.domains import Domains
from planner.inventory.inventory import Inventory
from planner.inventory.snapshot import LEVELS, topology
from planner.inventory.standby import Standby
from planner.manifests.application import Application
from planner.manifests.errors import did_you_mean, one_of, shown
from planner.worlds.allocations import COLUMNS, amounts, cells_of, demand_of, known_cells, known_demand
from planner.worlds.table import Table


def read_standby(
    table: Table,
    inventory: Inventory,
    applications: Sequence[Application],
    *,
    broken: Collection[str] = (),
    servers_complete: bool = True,
    applications_complete: bool = True,
) -> tuple[Standby, ...]:
    """As `read_allocations`; whether the room is there is for the snapshot to say, which keeps the books."""
    table.require("application", "server", "instances", "level", "domain")
    table.allow((*COLUMNS, "level", "domain"))
    application, server, instances = amounts(
        table, inventory, applications, broken, servers_complete, applications_complete
    )
    level = table.convert("level", _level, LEVELS[0])
    none: tuple[int, ...] = ()
    cells = table.convert("cells", cells_of, none)
    demand = table.integers("demand", demand_of)
    if table.problems or broken or not (servers_complete and applications_complete):
        return ()
    known_demand(table, applications, application, demand)
    known_cells(table, inventory, applications, application, server, cells)
    names = [applications[row].id for row in application.tolist()]
    columns = (names, server.tolist(), instances.tolist(), level, table.columns["domain"], cells, demand.tolist())
    rows = tuple(map(Standby._make, zip(*columns, strict=True)))
    _places(table, inventory, rows)
    _once(table, rows)
    return rows


def standby_columns(rows: Sequence[Standby], servers: Sequence[str]) -> dict[str, list[str]]:
    """The file's columns; `cells` and `demand` only where they say something."""
    columns = {
        "application": [row.application for row in rows],
        "server": [servers[row.server] for row in rows],
        "instances": [str(row.instances) for row in rows],
        "level": [row.level for row in rows],
        "domain": [row.domain for row in rows],
    }
    optional = {
        "cells": [";".join(map(str, row.cells)) for row in rows],
        "demand": [str(row.demand) for row in rows],
    }
    said = [any(row.cells for row in rows), any(row.demand for row in rows)]
    return columns | dict(compress(optional.items(), said))


def _level(text: str) -> str:
    if text not in LEVELS:
        raise ValueError(one_of(LEVELS) + did_you_mean(text, LEVELS))
    return text


def _places(table: Table, inventory: Inventory, rows: Sequence[Standby]) -> None:
    """The domain is one, and the server outside of it."""
    tree = topology(inventory)
    domains = Domains(inventory, tree)
    for number, row in enumerate(rows):
        known = domains.ids(row.level)
        if row.domain not in known:
            table.problem(number, "domain", shown(row.domain), f"a {row.level}{did_you_mean(row.domain, known)}")
        elif tree.domain[domains.levels[row.level], row.server] == known[row.domain]:
            name = inventory.servers.name[row.server]
            found = f"'{name}', which is lost with {row.level} '{row.domain}'"
            table.problem(number, "server", found, "a server outside of what is lost")


def _once(table: Table, rows: Sequence[Standby]) -> None:
    first: dict[Standby, int] = {}
    for number, row in enumerate(rows):
        earlier = first.setdefault(row._replace(instances=0), number)
        if earlier != number:
            found = "the application there for the second time, for the same loss"
            table.problem(number, "server", found, f"all its instances in line {table.lines[earlier]}")
