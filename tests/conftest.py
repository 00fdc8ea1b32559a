"""Two runs of the suite draw the same examples, unless a deeper search is asked for.

`HYPOTHESIS_PROFILE=deep pytest` looks for new counter-examples, with fresh randomness and many more draws.
"""

import os
from collections.abc import Iterator

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
