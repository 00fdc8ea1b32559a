"""What the real service holds in memory: `bayplan serve` in a process of its own, read from outside."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.request import ProxyHandler, Request, build_opener

from benchmarks.cases.base import Case, positive
from benchmarks.figures import Figure, Outcome, Target
from benchmarks.requests import KINDS, bodies
from benchmarks.run import tell
from benchmarks.service.processes import memory
from planner.inventory.snapshot import Snapshot
from planner.manifests.errors import InputProblem, InvalidInput
from planner.worlds.generate import GenerateOptions, generate
from planner.worlds.write import write

ROOT = Path(__file__).resolve().parents[2]
MOST_MIB = 1024
SERVERS = 100_000


def _options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--servers", type=positive, metavar="N", default=SERVERS, help="in up to 1,000 sites (100000)")
    parser.add_argument("--requests", type=positive, metavar="N", default=20, help="of each kind, before the end (20)")


def run(args: argparse.Namespace) -> Outcome:
    if not Path("/proc/self/status").exists():
        raise InvalidInput([InputProblem("machine", None, "", "no /proc", "Linux, whose /proc tells memory")])
    world = generate(GenerateOptions(max(1, min(1000, args.servers // 100)), args.servers))
    snapshot = Snapshot.of(world)
    instance = f"{args.servers:,} servers"
    with tempfile.TemporaryDirectory() as folder:
        tell("memory: write the world")
        write(world, Path(folder) / "world")
        with service(Path(folder) / "world") as running:
            peak = 0.0
            figures = [Figure(instance, "bayplan", "seconds to the first answer", running.seconds)]
            figures.append(Figure(instance, "bayplan", "MiB resident when ready", running.mebibytes()))
            for kind in KINDS:
                tell(f"memory: {args.requests} requests, {kind}")
                for body in bodies(snapshot, kind, args.requests):
                    running.solve(body)
                    peak = max(peak, running.mebibytes())
            figures.append(Figure(instance, "bayplan", "MiB resident after requests", running.mebibytes()))
    figures.append(Figure(instance, "bayplan", "MiB resident at most", peak))
    targets = [
        Target(f"under {MOST_MIB} MiB with {SERVERS:,} servers loaded", f"at most {peak:,.0f} MiB", peak < MOST_MIB)
    ]
    return Outcome(figures, targets if args.servers >= SERVERS else [])


@dataclass(frozen=True, slots=True)
class Running:
    """seconds: from its start until it listens."""

    process: subprocess.Popen[str]
    url: str
    seconds: float

    def mebibytes(self) -> float:
        """Of all its processes; what they share is counted once."""
        return memory(self.process.pid)

    def solve(self, body: object) -> None:
        """Raises HTTPError."""
        request = Request(f"{self.url}/v1/solve", json.dumps(body).encode(), {"Content-Type": "application/json"})
        with build_opener(ProxyHandler({})).open(request, timeout=60) as answer:
            answer.read()


@contextmanager
def service(world: Path) -> Iterator[Running]:
    """`bayplan serve` on a free port, until the end of the block."""
    command = (sys.executable, "-m", "api.cli", "serve", str(world), "--insecure", "--port", "0", "--json")
    begin = time.perf_counter()
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, env=os.environ)
    try:
        assert process.stdout is not None
        told = process.stdout.readline()
        if not told:
            raise RuntimeError(f"`bayplan serve` ended with {process.wait()}")
        yield Running(process, json.loads(told)["url"], time.perf_counter() - begin)
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


CASE = Case(
    "memory",
    "resident memory of a real `bayplan serve` with a world loaded, idle and after requests",
    (("", "100,000 servers"), ("--servers 20000", "a smaller cloud")),
    _options,
    run,
)
