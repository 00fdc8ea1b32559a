"""Wherever scenarios are worked out, the results are the same, and a worker that dies takes nothing with it."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from planner.whatif.base import Base
from planner.whatif.executor import Executor, Results, attempt, here
from planner.whatif.executor.cluster import cluster
from planner.whatif.executor.processes import processes
from planner.whatif.job import Run
from planner.whatif.manifest import Change, Lose
from planner.whatif.opening import Job, opened
from planner.whatif.result import JobResult, ScenarioResult
from planner.whatif.scenarios import Scenario

EXAMPLE = Path(__file__).parents[3] / "examples" / "what-if" / "any-loss.yaml"
KILL = "kill the worker"


@pytest.fixture(scope="module")
def job() -> Job:
    return opened(EXAMPLE.read_text(), str(EXAMPLE), EXAMPLE.parent)


@pytest.fixture(scope="module")
def alone(job: Job) -> JobResult:
    return whole(job, here)


def whole(job: Job, executor: Executor, meanwhile: Callable[[], None] = lambda: None) -> JobResult:
    """meanwhile: once the first result is there."""
    run = Run(job)
    for count, _ in enumerate(run.results(executor)):
        if not count:
            meanwhile()
    return run.result()


def kill_one() -> None:
    process = multiprocessing.active_children()[0]
    assert process.pid is not None
    os.kill(process.pid, signal.SIGKILL)


def test_processes_find_what_one_finds(job: Job, alone: JobResult) -> None:
    assert whole(job, processes(2)).outcome == alone.outcome


def test_a_worker_that_dies_takes_nothing_with_it(job: Job, alone: JobResult) -> None:
    assert whole(job, processes(2), kill_one).outcome == alone.outcome


def test_a_scenario_that_kills_its_worker_is_given_up(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    from planner.whatif.executor import processes as module

    def worked(base: Base, scenario: Scenario) -> ScenarioResult:
        if scenario.name == KILL:
            os.kill(os.getpid(), signal.SIGKILL)
        return attempt(base, scenario)

    monkeypatch.setattr(module, "attempt", worked)  # workers are forked, and take it along
    bad = Scenario(KILL, (Change(lose=Lose(domains=["gz-telecom-1"])),), "failover", 0, 0, 0)
    every = [job.scenarios[0], bad, *job.scenarios[1:4]]
    result = whole(Job(job.name, job.base, every, "x"), processes(2))
    assert [(each.name, each.status) for each in result.scenarios] == [
        (each.name, "failed" if each is bad else "done") for each in every
    ]


def test_whoever_stops_in_between_goes_on_there(job: Job, alone: JobResult, tmp_path: Path) -> None:
    first = Run(job).results(processes(2), tmp_path)
    stopped = [next(first).name for _ in range(3)]
    first.close()
    rest = Run(job)
    again = [each.name for each in rest.results(counting(here), tmp_path)]
    assert not set(stopped) & set(again)
    assert rest.result().outcome == alone.outcome


def counting(executor: Executor) -> Executor:
    def count(base: Base, scenarios: Mapping[int, Scenario]) -> Results:
        assert len(scenarios) < 12
        yield from executor(base, scenarios)

    return count


@pytest.fixture(scope="module")
def dask() -> Iterator[object]:
    distributed = pytest.importorskip("distributed")
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None, silence_logs=50
    ) as made:
        yield made


def test_a_dask_cluster_finds_the_same_though_a_worker_dies(job: Job, alone: JobResult, dask: object) -> None:
    def kill() -> None:
        nanny = next(iter(dask.workers.values()))  # type: ignore[attr-defined]
        os.kill(nanny.pid, signal.SIGKILL)

    assert whole(job, cluster(dask.scheduler_address)).outcome == alone.outcome  # type: ignore[attr-defined]
    assert whole(job, cluster(dask.scheduler_address), kill).outcome == alone.outcome  # type: ignore[attr-defined]
