"""Applications with shared standby on a generated edge cloud: how much room stands aside, and how little could."""

from __future__ import annotations

import argparse
from collections import Counter, defaultdict
from dataclasses import replace

import numpy as np

from benchmarks.cases.base import Case, on_time, options, positive, searching
from benchmarks.figures import Figure, Outcome
from benchmarks.run import Asked, tell, worth
from planner.inventory.snapshot import Snapshot
from planner.inventory.world import World
from planner.manifests.application import Application
from planner.plans.plan import Plan
from planner.worlds.generate import GenerateOptions, generate
from planner.worlds.write import sealed

PLACED, COST = "vCPU placed", "cost"
ASIDE, ALONE, LEAST = "vCPU set aside", "vCPU of extra instances instead", "vCPU that the largest losses restart"
FLAVOURS = ((2, 4), (4, 8), (4, 16), (8, 16), (16, 32))
KEEPS = ("80%", "90%", "100%")


def _options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--sites", type=positive, metavar="N", default=60, help="(60)")
    parser.add_argument("--servers", type=positive, metavar="N", default=3000, help="(3000)")
    parser.add_argument("--applications", type=positive, metavar="N", default=100, help="with standby (100)")
    parser.add_argument("--demand", type=float, default=0.4, help="vCPU asked for, as a part of what is free (0.4)")
    parser.add_argument("--load", type=float, default=0.5, help="part of all vCPU that is taken already (0.5)")
    parser.add_argument("--world-seed", type=int, metavar="N", default=1, help="another world of the same kind (1)")
    searching(parser, 20.0)


def run(args: argparse.Namespace) -> Outcome:
    tell(f"standby: generate {args.sites:,} sites, {args.servers:,} servers")
    world = generate(GenerateOptions(args.sites, args.servers, args.load, args.world_seed))
    world = with_standby(world, args.applications, args.demand, args.world_seed)
    asked = Asked.of(f"{args.sites:,} sites, demand {args.demand:g}", world)
    question = asked.question(options(args, 0))
    figures = []
    for seed in range(args.seeds):
        solved = asked.solve(options(args, seed))
        figures.append(solved.figure("unplaced", PLACED, worth(question)))
        figures.append(solved.figure("cost", COST))
        for measure, value in room(asked.snapshot, world, solved.plan).items():
            figures.append(Figure(asked.instance, "bayplan", measure, value, seed=seed, seconds=solved.seconds))
    return Outcome(figures, [on_time(args, figures)], [NOTE, _ratios(figures)])


NOTE = (
    f"Asked for: standby after the loss of any one site. '{LEAST}' is what the worst loss of this very plan "
    "restarts, or those of applications in one region each, summed over them when that is more: no less would do. "
    f"'{ALONE}' is the least that the same promise takes when no room is shared."
)


def _ratios(figures: list[Figure]) -> str:
    total: Counter[str] = Counter()
    for each in figures:
        total[each.measure] += int(each.value)
    aside = total[ASIDE]
    shared, least = aside / max(total[ALONE], 1), aside / max(total[LEAST], 1)
    return f"Set aside: {shared:.1%} of what extra instances take, {least:.2f} times what the largest losses restart."


def with_standby(world: World, applications: int, demand: float, seed: int) -> World:
    """The world asking for so many applications, a third of them in one region, together for this part of its room."""
    rng = np.random.default_rng(seed)
    free = int(Snapshot.of(world).free[:, 0].clip(0).sum())
    regions = sorted(set(world.inventory.sites.attributes["region"]))
    sizes = rng.lognormal(0, 0.8, applications)
    shares = sizes / sizes.sum() * demand * free / 1000
    rows = [_application(row, float(share), regions, rng) for row, share in enumerate(shares)]
    return sealed(replace(world, applications=(*world.applications, *rows)))


def _application(row: int, cores: float, regions: list[str], rng: np.random.Generator) -> Application:
    cpu, memory = FLAVOURS[int(rng.integers(len(FLAVOURS)))]
    where = {"region": regions[int(rng.integers(len(regions)))]} if rng.random() < 0.33 else {}
    spec = {
        "runtime": "vm" if rng.random() < 0.5 else "container",
        "resources": {"cpu": cpu, "memory": f"{memory}Gi"},
        "demand": [{"where": where, "instances": max(int(cores / cpu), 4)}],
        "spread": [{"over": "site", "maxShare": "50%"}],
        "survives": {"lossOf": "site", "keep": KEEPS[int(rng.integers(len(KEEPS)))], "standby": "shared"},
        "priority": cpu,
    }
    return Application.model_validate({"metadata": {"name": f"app-{row}"}, "spec": spec})


def room(snapshot: Snapshot, world: World, plan: Plan) -> dict[str, float]:
    """vCPU that stand aside, that extra instances would take, and that the largest losses restart."""
    cpu = {each.id: each.spec.resources.get("cpu", 0) for each in world.applications}
    region = {each.id: str(entry.where) for each in world.applications for entry in each.spec.demand}
    per_server: dict[str, Counter[str]] = defaultdict(Counter)
    per_application: dict[str, Counter[str]] = defaultdict(Counter)
    per_loss: Counter[str] = Counter()
    per_region: dict[str, Counter[str]] = defaultdict(Counter)
    for row in plan.standby:
        loss, amount = f"{row.lost.level} {row.lost.domain}", row.instances * cpu[row.application]
        per_server[row.server][loss] += amount
        per_application[row.application][loss] += amount
        per_loss[loss] += amount
        per_region[region[row.application]][loss] += amount
    regions = sum(max(losses.values()) for where, losses in per_region.items() if where != "{}")
    return {
        ASIDE: sum(max(losses.values()) for losses in per_server.values()) / 1000,
        ALONE: sum(max(losses.values()) for losses in per_application.values()) / 1000,
        LEAST: max(regions, *per_loss.values(), 0) / 1000,
    }


CASE = Case(
    "standby",
    "applications that survive the loss of any site on shared standby room",
    (
        ("", "100 applications on 60 sites"),
        ("--sites 1000 --servers 40000", "and on 1,000"),
        ("--demand 0.8", "where room is scarce"),
    ),
    _options,
    run,
)
