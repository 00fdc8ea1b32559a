"""A Dask cluster: the base goes once to each worker, also to those that come later; results are as in one process."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from planner.manifests.errors import InputProblem, InvalidInput
from planner.whatif.base import Base
from planner.whatif.executor import Executor, Results, attempt, lost
from planner.whatif.result import ScenarioResult
from planner.whatif.scenarios import Scenario

AHEAD = 4
"""Scenarios that are with the cluster for each of its threads."""
PATIENCE = "30s"


def cluster(address: str) -> Executor:
    """Raises InvalidInput without `distributed`."""
    try:
        import distributed
    except ImportError as error:
        missing = InputProblem("options", None, "dask", "no package distributed", "pip install 'bayplan[dask]'")
        raise InvalidInput([missing]) from error
    return lambda base, scenarios: _spread(distributed, address, base, scenarios)


def _spread(distributed: Any, address: str, base: Base, scenarios: Mapping[int, Scenario]) -> Results:
    """Raises InvalidInput when nobody is there."""
    try:
        client = distributed.Client(address, timeout=PATIENCE, set_as_default=False)
    except (OSError, TimeoutError, ValueError) as error:
        unreachable = InputProblem("options", None, "dask", f"nobody at '{address}'", "a scheduler that runs")
        raise InvalidInput([unreachable]) from error
    name = f"bayplan-{base.digest}"
    with client:
        client.register_plugin(plugin(base), name=name)
        try:
            yield from _drained(distributed, client, name, dict(scenarios))
        finally:
            client.unregister_worker_plugin(name)


def plugin(base: Base) -> Any:
    """What brings the base to a worker."""
    from distributed import WorkerPlugin

    class Brings(WorkerPlugin):
        def __init__(self) -> None:
            self.base = base

    return Brings()


def _drained(distributed: Any, client: Any, name: str, waiting: dict[int, Scenario]) -> Results:
    """A scenario that no worker survives is given up; the cluster decides when."""
    under_way: dict[str, tuple[int, Scenario]] = {}

    def ahead(count: int) -> list[Any]:
        futures = []
        for number in list(waiting)[:count]:
            futures.append(client.submit(_work, name, waiting[number], pure=False))
            under_way[futures[-1].key] = number, waiting.pop(number)
        return futures

    first = ahead(AHEAD * max(1, sum(client.nthreads().values())))
    every = distributed.as_completed(first, loop=client.loop)
    for future in every:
        number, scenario = under_way.pop(future.key)
        error = future.exception()
        yield number, future.result() if error is None else lost(scenario, f"{type(error).__name__}: {error}")
        for more in ahead(1):
            every.add(more)


def _work(name: str, scenario: Scenario) -> ScenarioResult:
    from distributed import get_worker

    brought: Any = get_worker().plugins[name]
    return attempt(brought.base, scenario)
