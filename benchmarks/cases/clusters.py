"""Kubernetes clusters for 100,000 servers, from nothing and after growth."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from benchmarks.cases.base import Case, positive
from benchmarks.figures import Figure, Outcome, Target
from benchmarks.run import tell
from planner.clusters.plan import plan_clusters
from planner.clusters.result import ClusterOptions, ClusterPlan
from planner.inventory.inventory import Inventory, Servers
from planner.worlds.generate import GenerateOptions, generate

SECONDS, GROWTH, MOVED = 60.0, 0.05, 0.02
CROWDED = 20
"""Sites that take all of the growth, in the harder of the two cases."""


def _options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--sites", type=positive, metavar="N", default=1000, help="of the world (1000)")
    parser.add_argument("--servers", type=positive, metavar="N", default=100_000, help="of the world (100000)")
    parser.add_argument("--seeds", type=positive, metavar="N", default=1, help="worlds, seeds 1 to N (1)")


def run(args: argparse.Namespace) -> Outcome:
    outcome = Outcome()
    for seed in range(1, args.seeds + 1):
        inventory = generate(GenerateOptions(args.sites, args.servers, seed=seed)).inventory
        tell(f"clusters: world {seed}, from nothing")
        options = ClusterOptions(seed=seed)
        first = plan_clusters(inventory, options)
        outcome.figures.extend(_figures("from nothing", first, seed))
        outcome.targets.extend(_first(args, first, seed))
        for name, crowded in (("5 % everywhere", 0), (f"5 % in {CROWDED} sites", CROWDED)):
            tell(f"clusters: world {seed}, {name}")
            after = plan_clusters(grown(inventory, crowded, seed), options, first.sites)
            outcome.figures.extend(_figures(name, after, seed))
            most = MOVED * args.servers
            found = f"{after.moved:,} of {args.servers:,}"
            outcome.targets.append(Target(f"{name}: at most 2 % change", found, after.moved <= most))
            outcome.targets.append(_within(name, after))
    return outcome


def _first(args: argparse.Namespace, plan: ClusterPlan, seed: int) -> Iterator[Target]:
    told = f"{args.servers:,} servers, world {seed}: under {SECONDS:g} s"
    yield Target(told, f"{plan.seconds:.1f} s", plan.seconds < SECONDS)
    yield _within("from nothing", plan)


def _within(name: str, plan: ClusterPlan) -> Target:
    sizes = [each.servers for each in plan.clusters if each.kind == "hosted"]
    told = f"{name}: every hosted cluster has 2,000 to 3,000 servers"
    return Target(told, f"{min(sizes):,} to {max(sizes):,}", not any(each.outside for each in plan.clusters))


def _figures(name: str, plan: ClusterPlan, seed: int) -> Iterator[Figure]:
    hosted = [each for each in plan.clusters if each.kind == "hosted"]
    yield Figure(name, "bayplan", "hosted clusters", len(hosted), seed=seed, seconds=plan.seconds)
    servers = max(sum(each.servers for each in hosted), 1)
    mean, bound = plan.kilometres / servers, plan.bound / servers
    yield Figure(name, "bayplan", "mean km", mean, bound=bound, gap=plan.gap, seed=seed, seconds=plan.seconds)
    yield Figure(name, "bayplan", "servers that change", plan.moved, bound=plan.moved_bound, seed=seed)


def grown(inventory: Inventory, crowded: int, seed: int) -> Inventory:
    """With 5 % more servers, anywhere or in so many sites."""
    chance = np.random.default_rng(seed)
    sites = chance.choice(len(inventory.sites), crowded, replace=False) if crowded else len(inventory.sites)
    servers = inventory.servers
    more = np.asarray(chance.choice(sites, round(GROWTH * len(servers))), np.int64)
    site = np.concatenate([servers.site, more])
    like = np.concatenate([np.arange(len(servers)), np.searchsorted(servers.site, more)])
    order = np.argsort(site, kind="stable")
    return replace(inventory, servers=_rows(servers, like[order], site[order]))


def _rows(servers: Servers, like: np.ndarray[tuple[int], np.dtype[np.int64]], site: object) -> Servers:
    """New servers are like the first of their site in all but the name."""
    rows = like.tolist()
    return replace(
        servers,
        name=tuple(f"server-{number}" for number in range(len(rows))),
        site=np.asarray(site, np.int32),
        rack=replace(servers.rack, code=servers.rack.code[like]),
        state=replace(servers.state, code=servers.state.code[like]),
        capabilities=tuple(servers.capabilities[row] for row in rows),
        cpu_overcommit=tuple(servers.cpu_overcommit[row] for row in rows),
        capacity=servers.capacity[like],
        labels={name: replace(column, code=column.code[like]) for name, column in servers.labels.items()},
    )


CASE = Case(
    "clusters",
    "which Kubernetes cluster each of 100,000 servers is in, from nothing and after growth",
    [("", "one world"), ("--seeds 3", "three worlds")],
    _options,
    run,
)
