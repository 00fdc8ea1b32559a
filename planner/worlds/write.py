"""A World to its folder: everything is written, or nothing."""

from __future__ import annotations

import csv
import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import replace
from io import StringIO
from pathlib import Path

from planner.inventory.world import World
from planner.manifests.dialect import dumped
from planner.manifests.runtimes import Runtimes
from planner.worlds.allocations import allocation_columns
from planner.worlds.applications import written_applications
from planner.worlds.cells import cell_columns
from planner.worlds.files import FILES, NAMES, digest
from planner.worlds.servers import server_columns
from planner.worlds.sites import site_columns
from planner.worlds.standby import standby_columns


def write(world: World, folder: Path) -> None:
    """Makes the folder, or replaces the world in it, names kept of an imported one included; other files are left
    alone. Optional files that would say nothing are left out.

    Raises ValueError when the world has a number that its files cannot say, and OSError; then nothing was changed."""
    files = rendered(world)
    folder = folder.resolve()
    folder.parent.mkdir(parents=True, exist_ok=True)
    partial = folder.with_name(f".{folder.name}.{os.getpid()}.partial")
    try:
        partial.mkdir()
        for name, data in files.items():
            (partial / name).write_bytes(data)
        _put(partial, folder)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def rendered(world: World) -> dict[str, bytes]:
    """File name -> bytes, the same for the same world."""
    inventory = world.inventory
    files = {
        "sites.csv": _csv(site_columns(inventory.sites)),
        "servers.csv": _csv(server_columns(inventory.servers, inventory.sites, inventory.resources)),
    }
    if inventory.cells is not None:
        files["cells.csv"] = _csv(cell_columns(inventory.cells, inventory.servers))
    if world.allocations:
        files["allocations.csv"] = _csv(allocation_columns(world.allocations, inventory.servers.name))
    if world.standby:
        files["standby.csv"] = _csv(standby_columns(world.standby, inventory.servers.name))
    if world.runtimes != Runtimes():
        files["runtimes.yaml"] = dumped([world.runtimes.model_dump(by_alias=True, exclude_defaults=True)]).encode()
    if world.applications:
        files["applications.yaml"] = written_applications(world.applications).encode()
    return files


def sealed(world: World) -> World:
    """The same world with the generation that it has when it is read back after `write`."""
    return replace(world, generation=digest(rendered(world)))


def _csv(columns: Mapping[str, Sequence[str]]) -> bytes:
    text = StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(zip(*columns.values(), strict=True))
    return text.getvalue().encode()


def _put(partial: Path, folder: Path) -> None:
    if not folder.exists():
        partial.rename(folder)
        return
    for name in (*FILES, NAMES):
        if (partial / name).exists():
            (partial / name).replace(folder / name)
        else:
            (folder / name).unlink(missing_ok=True)
