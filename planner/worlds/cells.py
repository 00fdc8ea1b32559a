"""cells.csv: the NUMA cells inside servers, and their part of the server's room."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from planner.inventory.devices import GPU
from planner.inventory.inventory import Cells, Servers
from planner.worlds import texts
from planner.worlds.table import Table


def read_cells(table: Table, servers: Servers, resources: Sequence[str], *, complete: bool) -> Cells:
    """Cells in the order of servers. complete: `servers` is all of servers.csv. Problems go to the table."""
    table.require("server", "cell")
    if complete:
        table.allow(("server", "cell", *resources))
    if GPU in table.columns and GPU in resources:
        table.in_header(GPU, "GPUs of a cell", "no such column: GPUs belong to the whole server")
    inside = tuple(column for column in table.columns if column in resources)
    index = {name: row for row, name in enumerate(servers.name)}
    server = table.rows_of("server", index, "a server of servers.csv", complete=complete)
    cell = table.integers("cell", texts.whole(0, 15))
    room = [table.integers(name, texts.amount(name)) for name in inside]
    capacity = np.stack(room, axis=1) if room else np.zeros((len(table), 0), np.int64)
    order = np.lexsort((cell, server))
    cells = Cells(server[order].astype(np.int32), cell[order].astype(np.int32), inside, capacity[order])
    if not table.problems and complete:
        _numbered(table, cells, order, servers)
        _within(table, cells, order, servers, resources)
    return cells


def cell_columns(cells: Cells, servers: Servers) -> dict[str, list[str]]:
    return {
        "server": [servers.name[row] for row in cells.server.tolist()],
        "cell": list(map(str, cells.cell.tolist())),
        **{name: list(map(str, cells.capacity[:, row].tolist())) for row, name in enumerate(cells.resources)},
    }


def _numbered(table: Table, cells: Cells, order: NDArray[np.intp], servers: Servers) -> None:
    """The cells of each server are 0, 1, ..., each once."""
    _, first, count = np.unique(cells.server, return_index=True, return_counts=True)
    expected = np.arange(len(cells)) - np.repeat(first, count)
    told: set[int] = set()
    for position in np.flatnonzero(cells.cell != expected).tolist():
        server = int(cells.server[position])
        if server not in told:
            told.add(server)
            found = f"cell {cells.cell[position]} of server '{servers.name[server]}'"
            table.problem(int(order[position]), "cell", found, f"cell {expected[position]}: 0, 1, ... each once")


def _within(table: Table, cells: Cells, order: NDArray[np.intp], servers: Servers, resources: Sequence[str]) -> None:
    """The cells of a server have no more than the server, told at its first cell."""
    total = np.zeros((len(servers), len(cells.resources)), np.int64)
    np.add.at(total, cells.server, cells.capacity)
    room = servers.capacity[:, [resources.index(name) for name in cells.resources]]
    for server, column in np.argwhere(total > room).tolist():
        row = int(order[np.searchsorted(cells.server, server)])
        found = f"{total[server, column]} in the cells of server '{servers.name[server]}'"
        table.problem(row, cells.resources[column], found, f"at most the server's {room[server, column]}")
