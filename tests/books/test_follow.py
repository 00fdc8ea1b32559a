"""What another process writes is seen here soon, told by the database or found by looking."""

from __future__ import annotations

import time

import pytest

from planner.ledger import stock
from planner.ledger.books import Books, By
from planner.ledger.follow import following
from planner.store.settings import Settings
from tests.databases import Clock, new_database, opened
from tests.worlds import server, site, world

ME = By("me")


def test_a_change_of_a_site_reaches_another_process_within_a_second(books: Books, database: str, clock: Clock) -> None:
    stock.import_world(books, world(site("gz"), server("gz1", site="gz", cpu=8000)), ME)
    with opened(database, clock) as other, following(other):
        _until(lambda: other.latest is not None)
        stock.set_state(books, "offline", ME, site="gz")
        begin = time.monotonic()
        _until(lambda: bool(other.latest and not other.latest.snapshot.usable.any()))
        assert time.monotonic() - begin < 1.0


def test_postgresql_tells_and_nobody_has_to_look(postgres_server: str, clock: Clock) -> None:
    url = new_database(postgres_server)
    with opened(url, clock) as writer, opened(url, clock) as reader, following(reader, every=60.0):
        _until(lambda: reader.latest is not None)
        time.sleep(0.2)  # it listens by now
        stock.import_world(writer, world(server("s", cpu=8000)), ME)
        _until(lambda: bool(reader.latest and reader.latest.generation == 1))


def test_the_setting_names_the_database(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BAYPLAN_DATABASE", "postgresql://me@there/books")
    assert Settings().database == "postgresql://me@there/books"


def _until(true: object, seconds: float = 10.0) -> None:
    assert callable(true)
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.01)
