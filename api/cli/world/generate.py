"""`bayplan world generate`: a made-up edge cloud in real cities."""

from __future__ import annotations

from typing import Annotated

import typer

from api.cli.progress import waiting
from api.cli.terminal import examples, exits
from api.cli.world.kept import NewFolder, keep
from api.cli.worlds import AsJson

EXAMPLES = examples(
    ("bayplan world generate --sites 100 --servers 5000 -o world", "half loaded, nothing asked for yet"),
    ("bayplan world generate --sites 1000 --servers 100000 --requests 300 -o world", "and 300 bundles to place"),
)


def generate(
    output: NewFolder,
    sites: Annotated[int, typer.Option(metavar="N", help="Machine rooms, in real cities on three carriers.")] = 1000,
    servers: Annotated[int, typer.Option(metavar="N", help="Servers in all of them together.")] = 100_000,
    load: Annotated[float, typer.Option(metavar="PART", help="Part of all vCPU that is taken already.")] = 0.5,
    seed: Annotated[int, typer.Option(metavar="N", help="Same options and seed, same world.")] = 1,
    requests: Annotated[
        int, typer.Option(metavar="N", help="Bundles to place: a master and its children, with spread rules.")
    ] = 0,
    demand: Annotated[
        float, typer.Option(metavar="PART", help="vCPU that the bundles ask for, as a part of what is free.")
    ] = 0.5,
    as_json: AsJson = False,
) -> None:
    """Make up an edge cloud: sites in real cities, servers of several shapes, what runs there, what is asked for."""
    with exits(as_json):
        from planner.worlds.generate import GenerateOptions
        from planner.worlds.generate import generate as make

        with waiting("generate the world"):
            made = make(GenerateOptions(sites, servers, load, seed, requests, demand))
        keep(made, output, as_json)
