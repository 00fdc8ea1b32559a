"""Each test of the books runs on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.postgres import postgres
from planner.ledger.books import Books
from tests.databases import Clock, hurried, made, new_database, opened


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    with postgres() as url:
        hurried(url)
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of empty books."""
    if request.param == "sqlite":
        return made(f"sqlite:///{tmp_path}/books.db")
    return new_database(request.getfixturevalue("postgres_server"))


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def books(database: str, clock: Clock) -> Iterator[Books]:
    with opened(database, clock) as books:
        yield books
