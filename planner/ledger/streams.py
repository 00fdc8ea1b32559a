"""Streams: CSV or NDJSON files of sites and servers, read against what the books know already."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from planner.inventory.inventory import Cells, Inventory, Servers, Sites
from planner.ledger.picture import Picture
from planner.ledger.rows import is_text
from planner.manifests.errors import InputProblem, InvalidInput
from planner.worlds.files import decoded
from planner.worlds.servers import read_servers, server_columns
from planner.worlds.sites import read_sites, site_columns
from planner.worlds.table import Table

Row = Mapping[str, Any]


def read(picture: Picture, sites: Path | None, servers: Path | None) -> Inventory:
    """The inventory that the files tell of; sites that only servers name are those of the books. What is known keeps
    whatever the file has no column for.

    Raises InvalidInput with every problem of every file."""
    return _read(picture, table(sites) if sites else None, table(servers) if servers else None)


def read_rows(picture: Picture, sites: Sequence[Row], servers: Sequence[Row]) -> Inventory:
    """The same, of rows with the names of the CSV columns; lists stand for `a;b`. Raises InvalidInput."""
    return _read(picture, _of_rows("sites", sites), _of_rows("servers", servers))


def read_text(picture: Picture, of: str, text: str, objects: bool) -> Inventory:
    """The same, of one text: CSV, or a JSON object a line. of: sites or servers. Raises InvalidInput."""
    rows = _of_objects(text, "request") if objects else Table.of(text, "request")
    return _read(picture, rows if of == "sites" else None, rows if of == "servers" else None)


def _read(picture: Picture, sites: Table | None, servers: Table | None) -> Inventory:
    inventory = picture.snapshot.inventory
    known = inventory.sites
    at = _as_table(known) if sites is None else sites
    if sites is not None:
        _keep(sites, "site", site_columns(known))
    found = read_sites(at if sites is None else _with_known(at, known))
    problems = list(at.problems)
    rows = Table("servers", {"server": [], "site": []}, (), 0) if servers is None else servers
    if servers is not None:
        _keep(servers, "server", server_columns(inventory.servers, known, inventory.resources))
    made, resources = read_servers(rows, found, sites_complete=not problems)
    if problems := [*problems, *rows.problems]:
        raise InvalidInput(problems)
    return Inventory(found, made, resources, _cells(inventory, made))


def _keep(given: Table, name: str, known: Mapping[str, Sequence[str]]) -> None:
    """Columns that the file does not have say of what is known what it says already."""
    row_of = {each: row for row, each in enumerate(known[name])}
    at = [row_of.get(each) for each in given.columns.get(name, ())]
    for column, cells in known.items():
        if column not in given.columns and len(at) == len(given) and any(row is not None for row in at):
            otherwise = "online" if column == "state" else "" if is_text(column) else "0"
            given.columns[column] = [otherwise if row is None else cells[row] for row in at]


def _cells(inventory: Inventory, made: Servers) -> Cells | None:
    """NUMA cells of servers that are known."""
    if inventory.cells is None:
        return None
    known, cells = {name: row for row, name in enumerate(inventory.servers.name)}, inventory.cells
    new = {known[name]: row for row, name in enumerate(made.name) if name in known}
    rows = [at for at, server in enumerate(cells.server.tolist()) if server in new]
    order = sorted(rows, key=lambda at: (new[int(cells.server[at])], int(cells.cell[at])))
    server = np.array([new[int(cells.server[at])] for at in order], np.int32)
    return Cells(server, cells.cell[order], cells.resources, cells.capacity[order]) if order else None


def table(path: Path) -> Table:
    """A file as a table. Raises InvalidInput when it is none."""
    text = decoded(path.read_bytes(), str(path))
    if path.suffix in (".ndjson", ".jsonl"):
        return _of_objects(text, str(path))
    return Table.of(text, str(path))


def _of_objects(text: str, file: str) -> Table:
    """One JSON object a line, with the names of the CSV columns; lists stand for `a;b`."""
    rows: list[dict[str, str]] = []
    lines: list[int] = []
    problems = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        try:
            content = json.loads(line)
        except ValueError as error:
            problems.append(InputProblem(file, number, "", f"text that is no JSON ({error})", "a JSON object"))
            continue
        if not isinstance(content, dict):
            problems.append(InputProblem(file, number, "", "no object", "a JSON object"))
            continue
        rows.append({str(name): _cell(value) for name, value in content.items()})
        lines.append(number)
    return Table(file, _columns(rows), lines, 1, not problems, problems)


def _of_rows(name: str, rows: Sequence[Row]) -> Table | None:
    """None for no rows."""
    cells = [{column: _cell(value) for column, value in row.items()} for row in rows]
    return Table(name, _columns(cells), range(1, len(rows) + 1), 0) if rows else None


def _columns(rows: Sequence[Mapping[str, str]]) -> dict[str, Sequence[str]]:
    names = dict.fromkeys(name for row in rows for name in row)
    return {name: [row.get(name, "") for row in rows] for name in names}


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, list):
        return ";".join(map(str, value))
    return str(value).strip()


def _as_table(sites: Sites) -> Table:
    return Table("the books", {**site_columns(sites)}, range(len(sites)), 0)


def _with_known(given: Table, known: Sites) -> Table:
    """Sites of the books that the file does not name stand behind it, so that servers can name them."""
    columns = site_columns(known)
    named = set(given.columns.get("site", ()))
    others = [row for row, name in enumerate(known.name) if name not in named]
    for name in {*given.columns, *columns}:
        cells = list(given.columns.get(name, [""] * len(given.lines)))
        given.columns[name] = cells + [columns[name][row] if name in columns else "" for row in others]
    given.lines = [*given.lines, *(0 for _ in others)]
    return given
