"""A new world on disk: written whole, and then told in a line."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from api.cli.files import write_whole
from api.cli.progress import waiting
from api.cli.terminal import machines, people
from planner.worlds.files import NAMES

if TYPE_CHECKING:
    from planner.inventory.world import World
    from planner.worlds.imported import Imported

NewFolder = Annotated[
    Path, typer.Option("-o", "--output", metavar="DIR", help="Folder to write the world to.", show_default=False)
]


def keep(world: World, folder: Path, as_json: bool, notes: Sequence[str] = ()) -> None:
    """Write the world and say what is in it."""
    from planner.worlds.write import write

    with waiting("write the world"):
        write(world, folder)
    instances = sum(entry.instances or 0 for each in world.applications for entry in each.spec.demand)
    running = sum(row.instances for row in world.allocations)
    counts = {
        "sites": len(world.inventory.sites),
        "servers": len(world.inventory.servers),
        "applications": len(world.applications),
        "instances": instances,
        "running": running,
    }
    if as_json:
        machines({"world": str(folder), **counts, "notes": list(notes)})
        return
    console = people()
    told = ", ".join(f"{count:,} {what}" for what, count in counts.items())
    console.print(f"{folder}: {told}", soft_wrap=True)
    for note in notes:
        console.print(note, style="dim", markup=False)


def keep_imported(imported: Imported, folder: Path, as_json: bool) -> None:
    """The world, and `instances.csv` beside it: which of the data set's VMs stands behind which application."""
    keep(imported.world, folder, as_json, imported.notes)
    if imported.instances:
        text = io.StringIO()
        rows = csv.writer(text, lineterminator="\n")
        rows.writerow(("application", "vm"))
        rows.writerows(imported.instances)
        write_whole(folder / NAMES, text.getvalue())
