"""Each test of the books runs on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from planner.ledger.books import Books
from tests.databases import Clock, made, new_database, opened


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
