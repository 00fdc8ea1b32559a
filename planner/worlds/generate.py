"""A made-up edge cloud in real cities: sites, servers, what runs already, and a batch of requests."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from planner.inventory.inventory import Inventory
from planner.inventory.world import World
from planner.manifests.errors import InputProblem, InvalidInput
from planner.manifests.runtimes import Runtimes
from planner.worlds.edge.bundles import request
from planner.worlds.edge.load import existing
from planner.worlds.edge.servers import RESOURCES, fill
from planner.worlds.edge.sites import LARGEST, SMALLEST, lay_out
from planner.worlds.write import sealed

MOST_SITES, MOST_SERVERS, MOST_REQUESTS = 10_000, 300_000, 10_000


@dataclass(frozen=True, slots=True)
class GenerateOptions:
    """load: part of all vCPU that is taken already. requests: bundles (a master and its children) to place.
    demand: vCPU that all bundles ask for together, as a part of what is free. Same options, same world."""

    sites: int = 1000
    servers: int = 100_000
    load: float = 0.5
    seed: int = 1
    requests: int = 0
    demand: float = 0.5


def generate(options: GenerateOptions) -> World:
    """The world of these options. Raises InvalidInput with every option that cannot be."""
    if problems := _problems(options):
        raise InvalidInput(problems)
    # One stream of randomness for each step: more requests or another load leave the sites as they are.
    streams = [np.random.default_rng(stream) for stream in np.random.SeedSequence(options.seed).spawn(4)]
    sites, sizes = lay_out(options.sites, options.servers, streams[0])
    inventory = Inventory(sites, fill(sites, sizes, streams[1]), RESOURCES)
    running, allocations, free = existing(inventory, options.load, streams[2])
    asked = request(inventory, free, options.requests, options.demand, streams[3])
    return sealed(World(inventory, running + asked, allocations, Runtimes(), ""))


def _problems(options: GenerateOptions) -> list[InputProblem]:
    sites = max(1, options.sites)
    least, most = sites * SMALLEST, min(sites * LARGEST, MOST_SERVERS)
    a_site = f"{least} to {most}, {SMALLEST} to {LARGEST} a site"
    checks = (
        ("sites", options.sites, 1 <= options.sites <= MOST_SITES, f"1 to {MOST_SITES}"),
        ("servers", options.servers, least <= options.servers <= most, a_site),
        ("load", options.load, 0 <= options.load <= 1, "a part of all vCPU, 0 to 1"),
        ("seed", options.seed, options.seed >= 0, "0 or more"),
        ("requests", options.requests, 0 <= options.requests <= MOST_REQUESTS, f"0 to {MOST_REQUESTS}"),
        ("demand", options.demand, 0 < options.demand <= 10, "a part of the free vCPU, above 0 and at most 10"),
    )
    return [
        InputProblem("options", None, name, str(found), expected) for name, found, good, expected in checks if not good
    ]
