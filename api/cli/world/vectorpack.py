"""`bayplan world import vectorpack`: vector bin packing with known optima."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from api.cli.progress import waiting
from api.cli.terminal import examples, exits
from api.cli.world.kept import NewFolder, keep_imported
from api.cli.worlds import AsJson

EXAMPLES = examples(
    ("bayplan world import vectorpack data/vectorpack/triplet/FILE.vbp -o world", "one instance as a world"),
    ("bayplan solve world --then fewest-servers", "and how few servers it takes"),
)


def vectorpack(
    path: Annotated[Path, typer.Argument(metavar="FILE", help="An instance (.vbp).", show_default=False)],
    output: NewFolder,
    as_json: AsJson = False,
) -> None:
    """Import a vector bin packing instance: every bin a server, every item type an application."""
    with exits(as_json):
        from planner.worlds.vectorpack import load

        with waiting("import the data set"):
            imported = load(path)
        keep_imported(imported, output, as_json)
