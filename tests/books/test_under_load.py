"""Short forms of what `python -m benchmarks books` does at length."""

from __future__ import annotations

from pathlib import Path

from benchmarks.books.kills import kill
from benchmarks.books.races import race
from benchmarks.postgres import server
from tests.databases import new_database


def test_racing_clients_buy_exactly_what_there_is(postgres_server: str) -> None:
    found = race(new_database(postgres_server), processes=2, clients=4, servers=5)
    assert found.sound, found
    assert found.refused == {"capacity.waiting": 8}


def test_killed_processes_leave_sound_books_on_sqlite(tmp_path: Path) -> None:
    _survives(f"sqlite:///{tmp_path}/books.db")


def test_killed_processes_leave_sound_books_on_postgresql(postgres_server: str) -> None:
    _survives(new_database(postgres_server))


def test_a_killed_postgresql_has_lost_nothing() -> None:
    """With all its processes, as when the power fails; and it writes to disk at every commit."""
    with server() as made:
        found = kill(made.url, 2, server=made)
    assert (found.kills, found.lost, found.unsound) == (2, [], 0)
    assert found.acknowledged >= 2


def _survives(url: str) -> None:
    found = kill(url, 3)
    assert (found.kills, found.lost, found.unsound) == (3, [], 0)
    assert found.acknowledged >= 3
