"""A made-up edge cloud and a batch of bundles for it: what is admitted, at what cost, how far from the bounds."""

from __future__ import annotations

import argparse

from benchmarks.cases.base import Case, on_time, options, positive, searching
from benchmarks.cases.scheduled import scheduled
from benchmarks.figures import Figure, Outcome, Target, middle
from benchmarks.run import Asked, tell, worth
from planner.worlds.generate import GenerateOptions, generate

PLACED, COST = "vCPU placed", "cost"
TARGETS: dict[float, tuple[float, float | None]] = {0.5: (0.001, 0.04), 0.7: (0.002, 0.05), 1.0: (0.05, None)}
"""Gap of admission and of cost to reach at a demand, on a world of the default size."""
SIZE = (1000, 100_000, 300)


def _options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--demand", type=float, default=0.5, help="vCPU asked for, as a part of what is free (0.5)")
    parser.add_argument("--sites", type=positive, metavar="N", default=SIZE[0], help="(1000)")
    parser.add_argument("--servers", type=positive, metavar="N", default=SIZE[1], help="(100000)")
    parser.add_argument("--requests", type=positive, metavar="N", default=SIZE[2], help="bundles (300)")
    parser.add_argument("--load", type=float, default=0.5, help="part of all vCPU that is taken already (0.5)")
    parser.add_argument("--world-seed", type=int, metavar="N", default=1, help="another world of the same kind (1)")
    searching(parser, 20.0)


def run(args: argparse.Namespace) -> Outcome:
    size = (args.sites, args.servers, args.requests)
    tell(f"edge: generate {args.sites:,} sites, {args.servers:,} servers")
    world = generate(
        GenerateOptions(args.sites, args.servers, args.load, args.world_seed, args.requests, args.demand),
    )
    asked = Asked.of(f"demand {args.demand:g}, world {args.world_seed}", world)
    question = asked.question(options(args, 0))
    figures = scheduled(asked, question, {"unplaced": PLACED, "cost": COST})
    for seed in range(args.seeds):
        solved = asked.solve(options(args, seed))
        figures.append(solved.figure("unplaced", PLACED, worth(question)))
        figures.append(solved.figure("cost", COST))
    note = f"Asked for: {worth(question):,} vCPU in masters; children follow and have no worth of their own."
    targets = _targets(args, figures) if size == SIZE else []
    return Outcome(figures, [*targets, on_time(args, figures)], [note])


def _targets(args: argparse.Namespace, figures: list[Figure]) -> list[Target]:
    admission, cost = TARGETS.get(args.demand, (None, None))
    return [
        Target(f"demand {args.demand:g}: gap of {what} at most {limit:.1%}", f"{gap:.2%}", gap <= limit)
        for what, measure, limit in (("admission", PLACED, admission), ("cost", COST, cost))
        if limit is not None
        for gap in (middle(figures, measure).gap or 0.0,)
    ]


CASE = Case(
    "edge",
    "bundles of masters and children on a generated, half loaded edge cloud",
    (
        ("--demand 0.5 --time-limit 20 --seeds 3", "half of the free vCPU is asked for"),
        ("--demand 1.0 --time-limit 60", "all of it"),
        ("--demand 0.7 --time-limit 30 --world-seed 7", "on another world"),
    ),
    _options,
    run,
)
