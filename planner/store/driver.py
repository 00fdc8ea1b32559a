"""Statements straight to the driver: for those that every booking runs, SQLAlchemy costs more than the query.

`?` stands for a value in both databases. What the driver raises comes out as SQLAlchemy would have it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from functools import lru_cache
from typing import Any

import psycopg
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError

Cursor = Any


def execute(connection: Connection, sql: str, given: Sequence[Any] = ()) -> Cursor:
    """The driver's cursor. Raises DBAPIError."""
    cursor = connection.connection.cursor()
    with told(connection, sql):
        cursor.execute(_holes(sql, connection.dialect.name), given)
    return cursor


def execute_many(connection: Connection, sql: str, given: Sequence[Sequence[Any]]) -> Cursor:
    """Once for each. Raises DBAPIError."""
    cursor = connection.connection.cursor()
    with told(connection, sql):
        cursor.executemany(_holes(sql, connection.dialect.name), given)
    return cursor


def among(connection: Connection, column: str, values: Sequence[int] | Sequence[str]) -> tuple[str, list[Any]]:
    """(condition, values for it): the column is one of these."""
    if connection.dialect.name == "sqlite":
        return f"{column} IN ({','.join('?' * len(values))})", list(values)
    kind = "text" if values and isinstance(values[0], str) else "bigint"
    return f"{column} = ANY(?::{kind}[])", [list(values)]


@contextmanager
def together(connection: Connection) -> Iterator[None]:
    """In PostgreSQL, statements inside are sent at once and waited for together: their results are there at the end.
    Nothing inside may copy."""
    driver: Any = connection.connection.driver_connection
    with told(connection, "pipeline"), nullcontext() if connection.dialect.name == "sqlite" else driver.pipeline():
        yield


@contextmanager
def told(connection: Connection, sql: str) -> Iterator[None]:
    """Errors of the driver as SQLAlchemy tells them; a connection that is lost is not given to anybody else."""
    try:
        yield
    except (psycopg.IntegrityError, sqlite3.IntegrityError) as error:
        raise IntegrityError(sql, None, error) from error
    except (psycopg.OperationalError, sqlite3.OperationalError) as error:
        lost = bool(getattr(connection.connection.driver_connection, "closed", False))
        if lost:
            connection.invalidate()
        raise OperationalError(sql, None, error, connection_invalidated=lost) from error
    except (psycopg.Error, sqlite3.Error) as error:
        raise DBAPIError(sql, None, error) from error


@lru_cache(maxsize=256)
def _holes(sql: str, dialect: str) -> str:
    return sql if dialect == "sqlite" else sql.replace("?", "%s")
