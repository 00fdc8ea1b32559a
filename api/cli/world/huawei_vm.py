"""`bayplan world import huawei-vm`: VMs with affinity, anti-affinity and fault domains, on racks of servers."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from api.cli.progress import waiting
from api.cli.terminal import examples, exits
from api.cli.world.kept import NewFolder, keep_imported
from api.cli.worlds import AsJson

EXAMPLES = examples(
    ("bayplan world import huawei-vm data/huawei-vm -o world", "4,998 VMs of the first request set, all 100 racks"),
    ("bayplan world import huawei-vm data/huawei-vm --racks 65 -o tight", "the first 65 racks only"),
    ("bayplan world import huawei-vm data/huawei-vm --numa -o cells", "VMs inside NUMA cells"),
)


def huawei_vm(
    path: Annotated[Path, typer.Argument(metavar="PATH", help="Folder of the data set.", show_default=False)],
    output: NewFolder,
    requests: Annotated[str, typer.Option(metavar="FILE", help="Which VMs are asked for.")] = "vms_c1.csv",
    racks: Annotated[
        int | None, typer.Option(metavar="N", min=1, help="The first N racks only.", show_default="all")
    ] = None,
    numa: Annotated[bool, typer.Option("--numa", help="Keep the NUMA cells of servers and VMs.")] = False,
    as_json: AsJson = False,
) -> None:
    """Import Huawei's VM placement data: racks become sites, and VMs alike one application with a count.

    instances.csv beside the world (application,vm) keeps the names of the VMs.
    """
    with exits(as_json):
        from planner.worlds.huawei_vm import load

        with waiting("import the data set"):
            imported = load(path, requests=requests, racks=racks, numa=numa)
        keep_imported(imported, output, as_json)
