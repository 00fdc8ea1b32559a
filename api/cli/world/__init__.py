"""`bayplan world`: make, import and look at worlds."""

from __future__ import annotations

import typer

from api.cli.terminal import add, examples
from api.cli.world import generate, huawei_vm, openb_gpu, show, vectorpack

imports = typer.Typer(
    no_args_is_help=True,
    help="Read a published data set into a world.",
    epilog=examples(
        ("bayplan world import huawei-vm data/huawei-vm -o world", "4,998 VMs on 1,710 servers"),
    ),
)
add(imports, "huawei-vm", huawei_vm.huawei_vm, huawei_vm.EXAMPLES)
add(imports, "openb-gpu", openb_gpu.openb_gpu, openb_gpu.EXAMPLES)
add(imports, "vectorpack", vectorpack.vectorpack, vectorpack.EXAMPLES)

world = typer.Typer(
    no_args_is_help=True,
    help="Make, import and look at worlds: folders of CSV and YAML files.",
    epilog=examples(
        ("bayplan world generate --sites 100 --servers 5000 -o world", "a made-up edge cloud in real cities")
    ),
)
add(world, "generate", generate.generate, generate.EXAMPLES)
add(world, "show", show.show, show.EXAMPLES)
world.add_typer(imports, name="import")
