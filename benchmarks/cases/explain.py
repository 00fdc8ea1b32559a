"""One refusal at a time on 100,000 servers: the first answer, the proof, and all counter-offers."""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from benchmarks.cases.base import Case, positive
from benchmarks.figures import Figure, Outcome, Target
from benchmarks.requests import KINDS, WORLD, Body, answer, bodies
from benchmarks.run import tell
from planner.explain.explanation import Explanation
from planner.explain.infeasible import ExplainOptions, explained
from planner.inventory.snapshot import Snapshot
from planner.manifests.application import Application
from planner.manifests.quantities import MOST_INSTANCES
from planner.worlds.generate import generate

OPTIONS = ExplainOptions()
TARGETS = {"answer": 0.15, "proof": 3.0, "counter-offers": 10.0}
"""Seconds, p95."""


@dataclass(frozen=True, slots=True)
class Told:
    """seconds: until the first answer, of the proof, and from then until all counter-offers were found or given up;
    cpu: the same in seconds of this process, which other processes do not lengthen."""

    last: Explanation
    seconds: dict[str, float]
    cpu: dict[str, float]


def _options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--requests", type=positive, metavar="N", default=20, help="of each kind (20)")
    parser.add_argument("--seed", type=int, metavar="N", default=0, help="other requests of the same kinds (0)")


def run(args: argparse.Namespace) -> Outcome:
    tell(f"explain: generate {WORLD.servers:,} servers")
    snapshot = Snapshot.of(generate(WORLD))
    outcome, everything = Outcome(), []
    for kind in KINDS:
        tell(f"explain: {args.requests} requests, {kind}")
        told = [explanation(snapshot, request) for request in impossible(snapshot, kind, args.requests, args.seed)]
        everything += told
        outcome.figures.extend(_figures(kind, told, args.seed))
    for step, limit in TARGETS.items():
        found = float(np.percentile([each.seconds[step] for each in everything], 95))
        outcome.targets.append(Target(f"{step} p95 {limit:g} s", f"{found:.3f} s", found <= limit))
    unknown = sum(each.last.status == "unknown" for each in everything)
    outcome.notes.append(f"{len(everything)} refusals, {unknown} of them not settled in {OPTIONS.proof:g} s")
    return outcome


def _figures(kind: str, told: list[Told], seed: int) -> Iterator[Figure]:
    for step in TARGETS:
        for name, part in (("p50 s", 50), ("p95 s", 95), ("max s", 100)):
            value = float(np.percentile([each.seconds[step] for each in told], part))
            yield Figure(kind, "bayplan", f"{step} {name}", value, seed=seed)
        busy = float(np.percentile([each.cpu[step] for each in told], 95))
        yield Figure(kind, "bayplan", f"{step} p95 CPU s", busy, seed=seed)
    minimal = np.mean([each.last.conflict is not None and each.last.conflict.minimal for each in told])
    yield Figure(kind, "bayplan", "conflicts proven minimal, %", 100 * float(minimal), seed=seed)
    offers = float(np.mean([len(each.last.counter_offers) for each in told]))
    yield Figure(kind, "bayplan", "counter-offers, mean", offers, seed=seed)


def explanation(snapshot: Snapshot, request: list[Application]) -> Told:
    """With the clocks at each step, as who reads the stream sees it."""
    steps, clocks = explained(snapshot, request, OPTIONS), [_clocks()]
    last = next(steps)
    clocks.append(_clocks())
    last = next(steps, last)
    clocks.append(_clocks())
    for now in steps:
        last = now
    clocks.append(_clocks())
    spent = np.diff(np.array(clocks), axis=0)
    return Told(last, *(dict(zip(TARGETS, spent[:, clock].tolist(), strict=True)) for clock in (0, 1)))


def _clocks() -> tuple[float, float]:
    return time.perf_counter(), time.process_time()


def impossible(snapshot: Snapshot, kind: str, count: int, seed: int) -> Iterator[list[Application]]:
    """Requests of the kind, made larger until they do not fit; those that fit at any size are left out. The first one
    comes twice: it is explained once to warm up, and only counts then."""
    found = []
    for body in bodies(snapshot, kind, count, seed):
        request = _too_large(snapshot, body)
        if request is not None:
            found.append(request)
    if found:
        explanation(snapshot, found[0])
    yield from found


def _too_large(snapshot: Snapshot, body: Body) -> list[Application] | None:
    demand = body["applications"][0]["spec"]["demand"][0]
    body["options"] = {"timeLimit": 1}
    while demand["instances"] <= MOST_INSTANCES:
        request, plan = answer(snapshot, body)
        if plan.unplaced:
            return request
        demand["instances"] *= 2
    return None


CASE = Case(
    "explain",
    "p50 and p95 of explaining refusals on 1,000 sites and 100,000 servers, half loaded",
    (("", "20 refusals of each kind"), ("--requests 100 --seed 7", "more of them, and others")),
    _options,
    run,
)
