"""A what-if job on a generated edge cloud: every single site lost, failed over and refereed; its time and memory."""

from __future__ import annotations

import argparse
import multiprocessing
import os
import time
from pathlib import Path

from benchmarks.cases.base import Case, positive
from benchmarks.figures import Figure, Outcome, Target
from benchmarks.run import tell
from planner.inventory.snapshot import Snapshot
from planner.manifests.documents import Source
from planner.manifests.errors import InputProblem, InvalidInput
from planner.whatif.base import Base
from planner.whatif.executor.processes import processes
from planner.whatif.job import Run
from planner.whatif.manifest import SHAPE, Asked
from planner.whatif.opening import job
from planner.whatif.questions.survive import every_loss
from planner.worlds.generate import GenerateOptions, generate

MOST_SECONDS, MOST_GIB = 300, 3.0
WHOLE = (1000, 100_000)
EVERY = 0.5
"""Seconds between two looks at memory."""


def _options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--sites", type=positive, metavar="N", default=WHOLE[0], help="(1000)")
    parser.add_argument("--servers", type=positive, metavar="N", default=WHOLE[1], help="(100000)")
    parser.add_argument("--load", type=float, default=0.5, help="part of all vCPU that is taken already (0.5)")
    parser.add_argument("--workers", type=positive, metavar="N", default=2, help="processes (2)")


def run(args: argparse.Namespace) -> Outcome:
    if not Path("/proc/self/smaps_rollup").exists():
        raise InvalidInput([InputProblem("machine", None, "", "no /proc", "Linux, whose /proc tells memory")])
    tell(f"what-if: generate {args.sites:,} sites, {args.servers:,} servers")
    world = generate(GenerateOptions(args.sites, args.servers, args.load))
    begin = time.perf_counter()
    base = Base.of(Snapshot.of(world), world.applications, SHAPE)
    asked = Asked(scenarios=every_loss(["site"], {}))
    under_way = Run(job("every site lost", base, asked, Source("benchmark")))
    tell(f"what-if: {len(under_way.job.scenarios):,} losses in {args.workers} processes")
    peak = _watched(under_way, args.workers)
    seconds, result = time.perf_counter() - begin, under_way.result()
    done = [each.score for each in result.scenarios if each.score is not None]
    instance = f"{args.sites:,} sites, {args.servers:,} servers"
    measures = {
        "seconds": seconds,
        "processor seconds a loss": sum(each.seconds for each in result.scenarios) / max(len(done), 1),
        "MiB at most, all processes": peak / 1024,
        "losses done": len(done),
        "instances lost": sum(each.lost.instances for each in result.scenarios),
        "instances refused": sum(score.refused for score in done),
        "losses whose refusals are not proven": sum(not score.proven for score in done),
    }
    figures = [Figure(instance, "bayplan", measure, float(value)) for measure, value in measures.items()]
    return Outcome(figures, _targets(args, seconds, peak, len(done), len(under_way.job.scenarios)))


def _targets(args: argparse.Namespace, seconds: float, peak: int, done: int, total: int) -> list[Target]:
    if (args.sites, args.servers) < WHOLE:
        return []
    gib = peak / 1024**2
    return [
        Target(f"all losses under {MOST_SECONDS} s", f"{seconds:.0f} s", seconds < MOST_SECONDS),
        Target(f"under {MOST_GIB:g} GiB", f"{gib:.2f} GiB at most", gib < MOST_GIB),
        Target("every loss worked out", f"{done:,} of {total:,}", done == total),
    ]


def _watched(under_way: Run, workers: int) -> int:
    """KiB that this process and its workers held at most, what they share counted once."""
    peak, due = 0, 0.0
    for _ in under_way.results(processes(workers)):
        if time.monotonic() >= due:
            due = time.monotonic() + EVERY
            pids = [os.getpid(), *(child.pid for child in multiprocessing.active_children() if child.pid)]
            peak = max(peak, sum(map(_held, pids)))
    return peak


def _held(pid: int) -> int:
    """KiB, with its part of what it shares (Pss)."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:  # it has just ended
        return 0
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))


CASE = Case(
    "what-if",
    "every single site of an edge cloud lost, failed over and refereed: time and peak memory",
    (("", "1,000 losses among 100,000 servers"), ("--sites 100 --servers 5000", "a smaller cloud")),
    _options,
    run,
)
