"""Opens the database of the books, an SQLite file or PostgreSQL, and brings its schema up to date."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import DisconnectionError, OperationalError

from planner.manifests.errors import InputProblem, InvalidInput, Unreachable
from planner.store.settings import Settings, url

__all__ = ["Connection", "Database"]
MIGRATIONS = Path(__file__).with_name("migrations")
WRITES = {"bayplan_writes": True}
IDLE = 1.0
"""Seconds after which nobody knows whether a connection is still there."""


class Database:
    """Connections to one database. Reading sees one state of the books; writing is one transaction at a time in SQLite,
    and one at a time per site in PostgreSQL (see `planner.store.unit`)."""

    def __init__(self, settings: Settings) -> None:
        """Raises InvalidInput for a URL that cannot be used. Nothing is opened yet."""
        self.url = url(settings.database)
        self.sqlite = self.url.startswith("sqlite")
        if self.sqlite:
            self.engine = create_engine(self.url, connect_args={"timeout": settings.busy_seconds})
            _as_sqlite_should_be(self.engine)
        else:
            self.engine = create_engine(self.url, pool_size=8, max_overflow=64)
            _as_postgresql_should_be(self.engine)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection on which every query sees the same moment. Raises Unreachable when there is no database."""
        with self._connected() as connection:
            if not self.sqlite:
                connection = connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
            with connection.begin():
                yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction; an error undoes it."""
        with self._connected() as connection:
            connection = connection.execution_options(**WRITES)
            with connection.begin():
                yield connection

    def upgrade(self) -> tuple[str | None, str]:
        """Bring the schema up to date: (revision before, revision now). Nothing happens when it is."""
        config = _config()
        with self.writing() as connection:
            before = MigrationContext.configure(connection).get_current_revision()
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
            now = MigrationContext.configure(connection).get_current_revision()
        return before, str(now)

    def analyze(self) -> None:
        """Tell PostgreSQL how large its tables have become; it would find out by itself, but only after minutes."""
        if not self.sqlite:
            with self.writing() as connection:
                connection.exec_driver_sql("ANALYZE sites, servers, rooms, applications, bookings, lines")

    def check(self) -> None:
        """Raises InvalidInput unless the schema is the one that this code knows."""
        with self._connected() as connection:
            found = MigrationContext.configure(connection).get_current_revision()
        head = ScriptDirectory.from_config(_config()).get_current_head()
        if found != head:
            told = "no books" if found is None else f"books of revision {found}"
            raise InvalidInput([self._problem(told, f"revision {head}: run `bayplan db upgrade`")])

    def close(self) -> None:
        self.engine.dispose()

    @contextmanager
    def _connected(self) -> Iterator[Connection]:
        try:
            connection = self.engine.connect()
        except OperationalError as error:
            raise self._unreachable(error) from error
        try:
            with connection:
                yield connection
        except OperationalError as error:
            if not error.connection_invalidated:
                raise
            raise self._unreachable(error) from error

    def _unreachable(self, error: OperationalError) -> Unreachable:
        found = str(error.orig).strip().splitlines()[0]
        return Unreachable([self._problem(found, "a database that can be reached")])

    def _problem(self, found: str, expected: str) -> InputProblem:
        return InputProblem(self.engine.url.render_as_string(), None, "", found, expected)


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("path_separator", "os")
    return config


def _as_postgresql_should_be(engine: Engine) -> None:
    """Rows of the books are found by indexes: plans that look cheap only to who compiles them or reads whole tables are
    not for short transactions. A connection that was idle is tried before it is used."""

    @event.listens_for(engine, "connect")
    def connect(connection: Any, _: Any) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SET jit = off; SET random_page_cost = 1.1")
        connection.commit()

    @event.listens_for(engine, "checkin")
    def checkin(_: Any, record: Any) -> None:
        record.info["idle since"] = time.monotonic()

    @event.listens_for(engine, "checkout")
    def checkout(connection: Any, record: Any, _: Any) -> None:
        if time.monotonic() - record.info.get("idle since", time.monotonic()) > IDLE:
            try:
                connection.execute("SELECT 1")
                connection.rollback()
            except psycopg.Error as error:
                raise DisconnectionError from error


def _as_sqlite_should_be(engine: Engine) -> None:
    """Durable at every commit, foreign keys held, and a transaction that writes takes the lock when it begins."""

    @event.listens_for(engine, "connect")
    def connect(connection: Any, _: Any) -> None:
        connection.isolation_level = None  # the driver would begin transactions by itself, and late
        cursor = connection.cursor()
        for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON", "temp_store = MEMORY"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get("bayplan_writes", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
