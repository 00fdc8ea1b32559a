"""One generated world for all micro benchmarks, and p50 and p95 of each in a table at the end."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks.report import table
from benchmarks.requests import WORLD
from planner.inventory.snapshot import Snapshot
from planner.inventory.world import World
from planner.worlds.generate import generate
from planner.worlds.write import write
from solver.warmup import warm

ROWS = pytest.StashKey[list[tuple[str, ...]]]()
Timed = Callable[..., Any]


@pytest.fixture(scope="session")
def world() -> World:
    """1,000 sites, 100,000 servers, half loaded; a batch of 300 bundles asks for half of the rest."""
    warm()
    return generate(replace(WORLD, requests=300))


@pytest.fixture(scope="session")
def snapshot(world: World) -> Snapshot:
    return Snapshot.of(world)


@pytest.fixture(scope="session")
def folder(world: World, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The world as files."""
    place = tmp_path_factory.mktemp("worlds") / "edge"
    write(world, place)
    return place


@pytest.fixture
def timed(benchmark: Any, request: pytest.FixtureRequest) -> Timed:
    """`timed(function, rounds, setup)`: each round once, `setup` outside the clock gives the arguments."""

    def run(function: Callable[..., Any], rounds: int, setup: Callable[[], Any] | None = None) -> Any:
        result = benchmark.pedantic(function, setup=setup, rounds=rounds, warmup_rounds=0 if setup else 1)
        if benchmark.stats:
            p50, p95 = (1000 * float(np.percentile(benchmark.stats.stats.data, part)) for part in (50, 95))
            benchmark.extra_info |= {"p50_ms": p50, "p95_ms": p95}
            row = (request.node.name.removeprefix("bench_"), str(rounds), f"{p50:.2f}", f"{p95:.2f}")
            request.config.stash.setdefault(ROWS, []).append(row)
        return result

    return run


@pytest.hookimpl(trylast=True)
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if rows := config.stash.get(ROWS, None):
        terminalreporter.write_line("")
        terminalreporter.write_line(table(("", "rounds", "p50 ms", "p95 ms"), rows))
