"""Where scenarios are worked out: in this process, in others on this machine, or on a Dask cluster; with equal results.

Each takes a base and numbered scenarios and yields (number, result) as they come. The base travels once to each worker.
"""

from __future__ import annotations

import time
from collections.abc import Generator, Mapping
from typing import Protocol

from planner.whatif.base import Base
from planner.whatif.result import ScenarioResult
from planner.whatif.scenarios import Scenario
from planner.whatif.score import worked_out

Results = Generator[tuple[int, ScenarioResult], None, None]


class Executor(Protocol):
    def __call__(self, base: Base, scenarios: Mapping[int, Scenario]) -> Results: ...


def here(base: Base, scenarios: Mapping[int, Scenario]) -> Results:
    """One after the other in this process."""
    for number, scenario in scenarios.items():
        yield number, attempt(base, scenario)


def attempt(base: Base, scenario: Scenario) -> ScenarioResult:
    """The result, also of a scenario that cannot be worked out: no scenario sinks the others."""
    begin = time.process_time()
    try:
        result = worked_out(base, scenario)
    except Exception as error:
        result = lost(scenario, f"{type(error).__name__}: {error}")
    return result.model_copy(update={"seconds": round(time.process_time() - begin, 4)})


def lost(scenario: Scenario, error: str) -> ScenarioResult:
    return ScenarioResult(
        name=scenario.name, status="failed", error=error, replan=scenario.replan, changes=list(scenario.changes)
    )
