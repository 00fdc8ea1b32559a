"""Plays the scenes: a world on disk, a server over it, and one request after the other through HTTP."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import httpx
import numpy as np
from numpy.typing import NDArray

from api.cli.demo.scenes import SCENES, Scene
from api.cli.demo.service import service
from planner.explain.explanation import Explanation, Explanations
from planner.inventory.inventory import Inventory
from planner.inventory.world import World
from planner.manifests.application import Application
from planner.plans.plan import Plan
from planner.plans.summary import Summary
from planner.worlds.generate import GenerateOptions, generate
from planner.worlds.write import write

OPTIONS = GenerateOptions(sites=400, servers=20_000, load=0.5, seed=1)
SEARCH = {"timeLimit": 3, "gap": 0.01}
EXPLAIN = {"proof": 3, "counterOffers": 20}


@dataclass(frozen=True, slots=True)
class Share:
    """What one site or region got. where: the city of a site, how many sites of a region. instances: of each
    application of the scene."""

    name: str
    where: str
    instances: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Explained:
    """What POST /v1/explain said. seconds: as the client saw it."""

    explanation: Explanation
    seconds: float


@dataclass(frozen=True, slots=True)
class Played:
    """A scene and its answer. shares: the largest first. seconds: of the request, as the client saw it. explained: why
    it was refused."""

    scene: Scene
    plan: Plan
    summary: Summary
    shares: tuple[Share, ...]
    seconds: float
    explained: Explained | None = None


@dataclass(frozen=True, slots=True)
class Stage:
    """Where it plays. generated, started: seconds until the world was written, and until the server listened."""

    world: World
    url: str
    generated: float
    started: float


@contextmanager
def stage() -> Iterator[Stage]:
    """A generated world with a server over it, both gone afterwards."""
    begin = time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="bayplan-demo-") as folder:
        world = generate(OPTIONS)
        write(world, Path(folder) / "world")
        generated = time.perf_counter()
        with service(Path(folder) / "world") as running:
            yield Stage(world, running.url, generated - begin, time.perf_counter() - generated)


def play(on: Stage) -> Iterator[Played]:
    """Each scene in turn. Raises httpx.HTTPStatusError when the server refuses one."""
    with httpx.Client(base_url=on.url, timeout=60, trust_env=False) as client:
        for scene in SCENES:
            begin = time.perf_counter()
            answer = client.post("/v1/solve", json={"applications": scene.applications, "options": SEARCH})
            seconds = time.perf_counter() - begin
            plan = Plan.model_validate_json(answer.raise_for_status().content)
            told = played(scene, plan, on.world.inventory, seconds)
            yield replace(told, explained=explained(client, scene)) if told.summary.refused else told


def explained(client: httpx.Client, scene: Scene) -> Explained:
    """Why it was refused, and what would fit."""
    begin = time.perf_counter()
    answer = client.post("/v1/explain", json={"applications": scene.applications, "options": EXPLAIN})
    seconds = time.perf_counter() - begin
    told = Explanations.model_validate_json(answer.raise_for_status().content)
    return Explained(told.refused[0], seconds)


def played(scene: Scene, plan: Plan, inventory: Inventory, seconds: float) -> Played:
    applications = [Application.model_validate(manifest) for manifest in scene.applications]
    summary = Summary.of(plan, inventory, applications)
    sites = _by_site(plan, inventory, [application.id for application in applications])
    shares = _of_sites(inventory, sites) if scene.by == "site" else _of_regions(inventory, sites)
    largest = sorted(shares, key=lambda share: (-sum(share.instances), share.name))
    return Played(scene, plan, summary, tuple(largest), seconds)


def _by_site(plan: Plan, inventory: Inventory, applications: list[str]) -> dict[int, NDArray[np.int64]]:
    row = {name: position for position, name in enumerate(inventory.servers.name)}
    counts: dict[int, NDArray[np.int64]] = {}
    for placement in plan.placements:
        site = int(inventory.servers.site[row[placement.server]])
        count = counts.setdefault(site, np.zeros(len(applications), np.int64))
        count[applications.index(placement.application)] += placement.instances
    return counts


def _of_sites(inventory: Inventory, counts: dict[int, NDArray[np.int64]]) -> list[Share]:
    sites = inventory.sites
    return [Share(sites.name[at], sites.attributes["city"][at], tuple(each.tolist())) for at, each in counts.items()]


def _of_regions(inventory: Inventory, counts: dict[int, NDArray[np.int64]]) -> list[Share]:
    regions: dict[str, list[NDArray[np.int64]]] = {}
    for site, each in counts.items():
        regions.setdefault(inventory.sites.attributes["region"][site], []).append(each)
    return [Share(name, f"{len(each)} sites", tuple(np.sum(each, axis=0).tolist())) for name, each in regions.items()]
