"""A real database for the tests of the books: a new SQLite file, or a new database in one PostgreSQL for all tests."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from mmap import mmap
from uuid import uuid4

import psycopg

from planner.ledger.books import Books
from planner.store.database import Database
from planner.store.settings import Settings

MORNING = 1_800_000_000_000
"""An instant to begin with, in milliseconds."""
_number = count()


class Clock:
    """Time that stands still until it is told to go on, in the processes that were forked since too. Milliseconds."""

    def __init__(self, now: int = MORNING) -> None:
        self._now = mmap(-1, 8)
        self.now = now

    @property
    def now(self) -> int:
        return int.from_bytes(self._now[:8], "little")

    @now.setter
    def now(self, now: int) -> None:
        self._now[:8] = now.to_bytes(8, "little")

    def __call__(self) -> int:
        return self.now

    def goes_on(self, seconds: float) -> None:
        self.now += round(1000 * seconds)


def hurried(server: str) -> None:
    """Nobody pulls the plug on tests: nothing waits for disks."""
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute("ALTER SYSTEM SET fsync = off")
        connection.execute("SELECT pg_reload_conf()")


def new_database(server: str) -> str:
    """The URL of empty books in a schema of their own: a database each would take a second."""
    name = f"books_{uuid4().hex[:8]}_{next(_number)}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE SCHEMA {name}")
    return made(f"{server}&options=-csearch_path%3D{name}")


def made(url: str) -> str:
    """The same URL, with the schema of the books in it."""
    database = Database(Settings(database=url))
    database.upgrade()
    database.close()
    return url


@contextmanager
def opened(url: str, clock: Clock) -> Iterator[Books]:
    books = Books.open(Settings(database=url), clock)
    try:
        yield books
    finally:
        books.close()
