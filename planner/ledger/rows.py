"""Inventory to rows of the store and back: what a row says is what a line of the CSV files says."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from planner.inventory.inventory import Cells, Inventory, Sites
from planner.manifests.errors import InvalidInput
from planner.store.reading import ServerRow, SiteRow
from planner.worlds.servers import COLUMNS as SERVER_COLUMNS
from planner.worlds.servers import USUAL, read_servers, server_columns
from planner.worlds.sites import COLUMNS as SITE_COLUMNS
from planner.worlds.sites import read_sites, site_columns
from planner.worlds.table import Table

TEXTS = {*SITE_COLUMNS, *SERVER_COLUMNS}


def site_rows(sites: Sites) -> list[SiteRow]:
    """With id 0: nobody has written them yet."""
    columns = site_columns(sites)
    names, states = columns.pop("site"), columns.pop("state")
    fields = _fields(columns)
    return [SiteRow(0, *row) for row in zip(names, states, [0] * len(names), fields, strict=True)]


def server_rows(inventory: Inventory) -> list[ServerRow]:
    """With id 0, and site 0: nobody has written them yet."""
    columns = server_columns(inventory.servers, inventory.sites, inventory.resources)
    names, states = columns.pop("server"), columns.pop("state")
    del columns["site"]
    cells = _cells(inventory)
    rows = zip(names, states, _fields(columns), cells, strict=True)
    return [ServerRow(0, 0, name, state, fields, inside) for name, state, fields, inside in rows]


def inventory(sites: Sequence[SiteRow], servers: Sequence[ServerRow]) -> Inventory:
    """From rows in the order of their ids, those of servers by site."""
    at = Table("sites", _columns((row.fields for row in sites), ()), range(len(sites)), 0)
    at.columns |= {"site": [row.name for row in sites], "state": [row.state for row in sites]}
    found = read_sites(at)
    site = {row.id: row.name for row in sites}
    table = Table("servers", _columns((row.fields for row in servers), USUAL), range(len(servers)), 0)
    table.columns |= {
        "server": [row.name for row in servers],
        "site": [site[row.site] for row in servers],
        "state": [row.state for row in servers],
    }
    made, resources = read_servers(table, found, sites_complete=True)
    if problems := [*at.problems, *table.problems]:
        raise InvalidInput(problems)
    return Inventory(found, made, resources, _read_cells(servers))


def is_text(column: str) -> bool:
    """What else there may be are resources."""
    return column in TEXTS or column.startswith("label.")


def _fields(columns: Mapping[str, Sequence[str]]) -> list[str]:
    names = list(columns)
    return [
        json.dumps({name: cell for name, cell in zip(names, cells, strict=True) if cell}, ensure_ascii=False)
        for cells in zip(*columns.values(), strict=True)
    ]


def _columns(rows: Iterable[str], first: Sequence[str]) -> dict[str, Sequence[str]]:
    """One list per name that some row has, those of `first` first; a resource that is left out is 0."""
    fields = [json.loads(row) for row in rows]
    every = dict.fromkeys(name for row in fields for name in row)
    names = [name for name in first if name in every]
    columns: dict[str, Sequence[str]] = {}
    for name in (*names, *sorted(every.keys() - set(names))):
        otherwise = "" if is_text(name) else "0"
        columns[name] = [row.get(name, otherwise) for row in fields]
    return columns


def _cells(inventory: Inventory) -> list[str]:
    texts = [""] * len(inventory.servers)
    if inventory.cells is not None:
        inside: dict[int, list[dict[str, int]]] = {}
        for server, room in zip(inventory.cells.server.tolist(), inventory.cells.capacity.tolist(), strict=True):
            inside.setdefault(server, []).append(dict(zip(inventory.cells.resources, room, strict=True)))
        for server, rooms in inside.items():
            texts[server] = json.dumps(rooms)
    return texts


def _read_cells(servers: Sequence[ServerRow]) -> Cells | None:
    found = [(row, json.loads(server.cells)) for row, server in enumerate(servers) if server.cells]
    if not found:
        return None
    resources = tuple(dict.fromkeys(name for _, cells in found for cell in cells for name in cell))
    rows = [(row, cell, room) for row, cells in found for cell, room in enumerate(cells)]
    return Cells(
        np.array([row for row, _, _ in rows], np.int32),
        np.array([cell for _, cell, _ in rows], np.int32),
        resources,
        np.array([[room.get(name, 0) for name in resources] for _, _, room in rows], np.int64),
    )
