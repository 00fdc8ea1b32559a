"""`bayplan world import openb-gpu`: pods on GPU servers."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from api.cli.progress import waiting
from api.cli.terminal import examples, exits
from api.cli.world.kept import NewFolder, keep_imported
from api.cli.worlds import AsJson

EXAMPLES = examples(
    ("bayplan world import openb-gpu data/openb-gpu -o world", "8,152 pods on 1,523 servers"),
)


def openb_gpu(
    path: Annotated[Path, typer.Argument(metavar="PATH", help="Folder of the data set.", show_default=False)],
    output: NewFolder,
    pods: Annotated[str, typer.Option(metavar="FILE", help="Which pods are asked for.")] = "openb_pod_list_default.csv",
    as_json: AsJson = False,
) -> None:
    """Import Alibaba's GPU cluster of 2023: CPU, memory, GPUs, shares of one and allowed models."""
    with exits(as_json):
        from planner.worlds.openb_gpu import load

        with waiting("import the data set"):
            imported = load(path, pods=pods)
        keep_imported(imported, output, as_json)
