"""Each test of the books runs on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from planner.ledger import stock
from planner.ledger.balance import balance
from planner.ledger.books import Books
from tests.books.asking import ME
from tests.databases import Clock, made, new_database, opened
from tests.worlds import server, site, world


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
    """Whatever a test does, they balance at its end."""
    with opened(database, clock) as books:
        yield books
        assert balance(books) == []


@pytest.fixture
def edge(books: Books) -> Books:
    """Two sites, each of two servers with 10 cores."""
    rooms = [server(f"{at}{row}", site=at, cpu=10_000, memory=40_960) for at in ("gz", "sz") for row in (1, 2)]
    stock.import_world(books, world(site("gz", province="Guangdong"), site("sz", province="Guangdong"), *rooms), ME)
    return books
