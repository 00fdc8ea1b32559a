"""One request at a time on 100,000 servers: from parsed body to refereed plan."""

from __future__ import annotations

import argparse
import time

import numpy as np

from benchmarks.cases.base import Case, positive
from benchmarks.figures import Figure, Outcome, Target
from benchmarks.requests import KINDS, WORLD, answer, bodies
from benchmarks.run import tell
from planner.inventory.snapshot import Snapshot
from planner.plans.check import check
from planner.worlds.generate import generate

PLAIN = ("local", "region", "nationwide")
TARGETS = ((20.0, 60.0), (5.0, 15.0))
"""p50 and p95 in milliseconds: the first milestone's, then what is aimed at."""


def _options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--requests", type=positive, metavar="N", default=100, help="of each kind (100)")
    parser.add_argument("--seed", type=int, metavar="N", default=0, help="other requests of the same kinds (0)")


def run(args: argparse.Namespace) -> Outcome:
    tell(f"single: generate {WORLD.servers:,} servers")
    snapshot = Snapshot.of(generate(WORLD))
    outcome = Outcome()
    found: dict[str, np.ndarray[tuple[int], np.dtype[np.float64]]] = {}
    for kind in KINDS:
        tell(f"single: {args.requests} requests, {kind}")
        found[kind] = measured(snapshot, kind, args.requests, args.seed)
        for name, part in (("p50 ms", 50), ("p95 ms", 95), ("max ms", 100)):
            value = float(np.percentile(found[kind], part))
            outcome.figures.append(Figure(kind, "bayplan", name, value, seed=args.seed))
    for p50, p95 in TARGETS:
        worst = [max(float(np.percentile(found[kind], part)) for kind in PLAIN) for part in (50, 95)]
        text = f"local, region and nationwide: p50 {p50:g} ms, p95 {p95:g} ms"
        outcome.targets.append(Target(text, f"{worst[0]:.1f}, {worst[1]:.1f} ms", worst[0] <= p50 and worst[1] <= p95))
    return outcome


def measured(snapshot: Snapshot, kind: str, count: int, seed: int) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Milliseconds of each request, one after the other; the first one is asked twice and only the second time counts.
    Raises RuntimeError when the checker finds anything."""
    drawn = bodies(snapshot, kind, count, seed)
    answer(snapshot, drawn[0])
    times, answers = np.empty(count), []
    for number, body in enumerate(drawn):
        begin = time.perf_counter()
        answers.append(answer(snapshot, body))
        times[number] = 1000 * (time.perf_counter() - begin)
    for number, (applications, plan) in enumerate(answers):
        if found := check(snapshot, applications, plan):
            raise RuntimeError(f"{kind}, request {number}: {found[0].message}")
    return times


CASE = Case(
    "single",
    "p50 and p95 of single requests on 1,000 sites and 100,000 servers, half loaded",
    (("", "100 requests of each kind"), ("--requests 500 --seed 7", "more of them, and others")),
    _options,
    run,
)
