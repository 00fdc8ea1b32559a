"""One request at a time on 100,000 servers: from parsed body to refereed plan, and the solver's part of that."""

from __future__ import annotations

import argparse
import time
from collections.abc import Mapping

import numpy as np

from benchmarks.cases.base import Case, positive
from benchmarks.figures import Figure, Outcome, Target
from benchmarks.requests import KINDS, WORLD, answer, bodies
from benchmarks.run import tell
from planner.inventory.snapshot import Snapshot
from planner.plans.check import check
from planner.worlds.generate import generate

PLAIN = ("local", "region", "nationwide")
TARGET = (5.0, 15.0)
"""p50 and p95 in milliseconds, of what the solver does and of all there is between body and plan."""
SOLVER = ("construct", "bound", "referee")
STAGES = {
    "body to plan": ("body to plan",),
    "construct + bound + referee": SOLVER,
    "formulate": ("formulate",),
    "write": ("write",),
}
Times = Mapping[str, np.ndarray[tuple[int], np.dtype[np.float64]]]
"""Milliseconds of each request, by stage."""


def _options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--requests", type=positive, metavar="N", default=100, help="of each kind (100)")
    parser.add_argument("--seed", type=int, metavar="N", default=0, help="other requests of the same kinds (0)")


def run(args: argparse.Namespace) -> Outcome:
    tell(f"single: generate {WORLD.servers:,} servers")
    snapshot = Snapshot.of(generate(WORLD))
    outcome = Outcome()
    found: dict[str, Times] = {}
    for kind in KINDS:
        tell(f"single: {args.requests} requests, {kind}")
        found[kind] = measured(snapshot, kind, args.requests, args.seed)
        for stage, times in found[kind].items():
            for name, part in (("p50 ms", 50), ("p95 ms", 95), ("max ms", 100)):
                value = float(np.percentile(times, part))
                outcome.figures.append(Figure(kind, "bayplan", f"{stage}: {name}", value, seed=args.seed))
    for stage in ("construct + bound + referee", "body to plan"):
        worst = [max(float(np.percentile(found[kind][stage], part)) for kind in PLAIN) for part in (50, 95)]
        text = f"local, region and nationwide, {stage}: p50 {TARGET[0]:g} ms, p95 {TARGET[1]:g} ms"
        met = worst[0] <= TARGET[0] and worst[1] <= TARGET[1]
        outcome.targets.append(Target(text, f"{worst[0]:.1f}, {worst[1]:.1f} ms", met))
    return outcome


def measured(snapshot: Snapshot, kind: str, count: int, seed: int) -> Times:
    """Of requests one after the other; the first one is asked twice and only the second time counts.

    Raises RuntimeError when the checker finds anything.
    """
    drawn = bodies(snapshot, kind, count, seed)
    answer(snapshot, drawn[0])
    rows, answers = [], []
    for body in drawn:
        begin = time.perf_counter()
        answers.append(answer(snapshot, body))
        rows.append({"body to plan": time.perf_counter() - begin, **answers[-1][1].seconds})
    for number, (applications, plan) in enumerate(answers):
        if found := check(snapshot, applications, plan):
            raise RuntimeError(f"{kind}, request {number}: {found[0].message}")
    return {
        stage: np.array([1000 * sum(row[part] for part in parts) for row in rows]) for stage, parts in STAGES.items()
    }


CASE = Case(
    "single",
    "p50 and p95 of single requests on 1,000 sites and 100,000 servers, half loaded",
    (("", "100 requests of each kind"), ("--requests 500 --seed 7", "more of them, and others")),
    _options,
    run,
)
