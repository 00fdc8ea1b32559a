"""Two runs of the suite draw the same examples, unless a deeper search is asked for.

`HYPOTHESIS_PROFILE=deep pytest` looks for new counter-examples, with fresh randomness and many more draws.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

# A busy machine is no bug of ours: neither profile has a deadline or judges the speed of drawing.
settings.register_profile("ci", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile(
    "deep", max_examples=2000, deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The URL of a real PostgreSQL, one for all tests of a process."""
    from benchmarks.postgres import postgres
    from tests.databases import hurried

    with postgres() as url:
        hurried(url)
        yield url


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """The files that need a cluster stay together, as the tests of a file do: one control plane is enough to start."""
    if config.getvalue("dist") != "loadfile":
        return None
    from xdist.scheduler import LoadFileScheduling

    clusters, made = "tests/kubernetes/", LoadFileScheduling(config, log)
    file_of = made._split_scope
    made._split_scope = lambda test: clusters if test.startswith(clusters) else file_of(test)
    return made
