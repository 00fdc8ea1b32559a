"""allocations.csv: what already runs where."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np
from numpy.typing import NDArray

from planner.inventory.inventory import Inventory
from planner.inventory.world import Allocation
from planner.manifests.application import Application
from planner.worlds import texts
from planner.worlds.devices import known_devices
from planner.worlds.table import Table
from planner.worlds.texts import MOST_DEVICES

MOST = 1_000_000
COLUMNS = ("application", "server", "instances", "cells", "demand", "devices")


def read_allocations(
    table: Table,
    inventory: Inventory,
    applications: Sequence[Application],
    *,
    broken: Collection[str] = (),
    servers_complete: bool = True,
    applications_complete: bool = True,
) -> tuple[Allocation, ...]:
    """In the order of the file; empty when something is wrong, which goes to the table's problems.

    broken: ids of applications that are there but could not be read. servers_complete, applications_complete: a name
    that is in neither place is unknown; otherwise it may stand in a part that could not be read.
    Whether they fit is for the snapshot to say, which keeps the books."""
    table.require("application", "server", "instances")
    table.allow(COLUMNS)
    application, server, instances = amounts(
        table, inventory, applications, broken, servers_complete, applications_complete
    )
    none: tuple[int, ...] = ()
    cells = table.convert("cells", cells_of, none)
    demand = table.integers("demand", demand_of)
    devices = table.convert("devices", _devices, none)
    if table.problems or broken or not (servers_complete and applications_complete):
        return ()
    known_demand(table, applications, application, demand)
    known_cells(table, inventory, applications, application, server, cells)
    if table.problems:
        return ()
    known_devices(table, inventory, applications, application, server, instances, devices)
    _once(table, application, server, cells, demand, devices)
    names = [each.id for each in applications]
    rows = zip(
        map(names.__getitem__, application.tolist()),
        server.tolist(),
        instances.tolist(),
        cells,
        demand.tolist(),
        devices,
        strict=True,
    )
    return tuple(map(Allocation._make, rows))


def amounts(
    table: Table,
    inventory: Inventory,
    applications: Sequence[Application],
    broken: Collection[str],
    servers_complete: bool,
    applications_complete: bool,
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """(application, server, instances) of every line, the first two by their rows."""
    ids = {each.id: row for row, each in enumerate(applications)} | dict.fromkeys(broken, -1)
    servers = {name: row for row, name in enumerate(inventory.servers.name)}
    application = table.rows_of(
        "application", ids, "an application of applications.yaml", complete=applications_complete
    )
    server = table.rows_of("server", servers, "a server of servers.csv", complete=servers_complete)
    instances = table.integers("instances", texts.whole(1, MOST, "instances"), 1)
    return application, server, instances


def allocation_columns(allocations: Sequence[Allocation], servers: Sequence[str]) -> dict[str, list[str]]:
    """The file's columns; `cells`, `demand` and `devices` only where they say something."""
    columns = {
        "application": [row.application for row in allocations],
        "server": [servers[row.server] for row in allocations],
        "instances": [str(row.instances) for row in allocations],
    }
    if any(row.cells for row in allocations):
        columns["cells"] = [";".join(map(str, row.cells)) for row in allocations]
    if any(row.demand for row in allocations):
        columns["demand"] = [str(row.demand) for row in allocations]
    if any(row.devices for row in allocations):
        columns["devices"] = [";".join(map(str, row.devices)) for row in allocations]
    return columns


def cells_of(text: str) -> tuple[int, ...]:
    """`0;1` -> (0, 1); ascending, as a placement names them."""
    cells = tuple(map(texts.whole(0, 15, "cell"), texts.parts(text)))
    if len(set(cells)) < len(cells):
        raise ValueError("each cell once")
    return tuple(sorted(cells))


def _devices(text: str) -> tuple[int, ...]:
    """`0;1` -> (0, 1), ascending."""
    devices = tuple(map(texts.whole(0, MOST_DEVICES - 1, "device"), texts.parts(text)))
    if len(set(devices)) < len(devices):
        raise ValueError("each device once")
    return tuple(sorted(devices))


def demand_of(text: str) -> int:
    return texts.whole(0, 9999)(text) if text else 0


def known_demand(
    table: Table, applications: Sequence[Application], application: NDArray[np.int64], demand: NDArray[np.int64]
) -> None:
    entries = np.array([max(len(each.spec.demand), 1) for each in applications], np.int64)
    for row in np.flatnonzero(demand >= entries[application]).tolist():
        of = applications[application[row]].id
        last = entries[application[row]] - 1
        table.problem(row, "demand", f"entry {demand[row]} of '{of}'", f"0 to {last}, an entry that it has")


def known_cells(
    table: Table,
    inventory: Inventory,
    applications: Sequence[Application],
    application: NDArray[np.int64],
    server: NDArray[np.int64],
    cells: Sequence[tuple[int, ...]],
) -> None:
    """As many cells as the application asks for, all of them on the server; a server without cells is one cell."""
    asked = np.array([each.spec.numa_cells or 0 for each in applications], np.int64)[application]
    given = np.fromiter(map(len, cells), np.int64, len(cells))
    fits = asked == given
    if inventory.cells is None:
        fits |= (asked == 1) & (given == 0)
    for row in np.flatnonzero(~fits).tolist():
        name = applications[application[row]].id
        table.problem(row, "cells", f"{given[row]} cells", f"{asked[row]}, as numaCells of '{name}' asks")
    count = np.ones(len(inventory.servers), np.int64)
    if inventory.cells is not None:
        np.maximum.at(count, inventory.cells.server, inventory.cells.cell.astype(np.int64) + 1)
    last = np.fromiter((each[-1] if each else -1 for each in cells), np.int64, len(cells))
    for row in np.flatnonzero(last >= count[server]).tolist():
        name = inventory.servers.name[server[row]]
        table.problem(row, "cells", f"cell {last[row]}", f"at most {count[server[row]] - 1}, the last of '{name}'")


def _once(
    table: Table,
    application: NDArray[np.int64],
    server: NDArray[np.int64],
    cells: Sequence[tuple[int, ...]],
    demand: NDArray[np.int64],
    devices: Sequence[tuple[int, ...]],
) -> None:
    """One row for the same application, server, cells, demand entry and devices."""
    pair = application * (server.max(initial=0) + 1) + server
    if np.diff(np.sort(pair)).all():
        return
    first: dict[tuple[int, int, tuple[int, ...], tuple[int, ...]], int] = {}
    for row, key in enumerate(zip(pair.tolist(), demand.tolist(), cells, devices, strict=True)):
        earlier = first.setdefault(key, row)
        if earlier != row:
            found = "the application there for the second time"
            table.problem(row, "server", found, f"all its instances in line {table.lines[earlier]}")
