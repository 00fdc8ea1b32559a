"""Many rows at once: COPY in PostgreSQL, prepared statements in SQLite."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Any

import psycopg
from sqlalchemy import Connection, Table
from sqlalchemy.exc import IntegrityError


def insert(connection: Connection, table: Table, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Insert tuples in the order of `columns`. Raises IntegrityError."""
    rows = list(rows)
    names = ", ".join(f'"{name}"' for name in columns)
    if not rows:
        return
    if connection.dialect.name == "sqlite":
        holes = ", ".join("?" * len(columns))
        connection.exec_driver_sql(f"INSERT INTO {table.name} ({names}) VALUES ({holes})", rows)
        return
    cursor: Any = connection.connection.cursor()
    try:
        with cursor.copy(f"COPY {table.name} ({names}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
    except psycopg.IntegrityError as error:
        raise IntegrityError(f"COPY {table.name}", None, error) from error


def update(connection: Connection, table: str, keys: Sequence[str], column: str, rows: Sequence[Sequence[Any]]) -> None:
    """Write one column of many rows, each (its keys, the new number). Keys are numbers, but for names of resources.

    Raises IntegrityError."""
    if not rows:
        return
    if connection.dialect.name == "sqlite":
        where = " AND ".join(f"{key} = ?" for key in keys)
        given = [(row[-1], *row[:-1]) for row in rows]
        connection.exec_driver_sql(f"UPDATE {table} SET {column} = ? WHERE {where}", given)
        return
    where = " AND ".join(f"t.{key} = d.{key}" for key in keys)
    arrays = ", ".join(f"%s::{'text' if key == 'resource' else 'bigint'}[]" for key in (*keys, column))
    query = f"UPDATE {table} AS t SET {column} = d.{column} FROM unnest({arrays}) AS d({', '.join((*keys, column))})"
    connection.exec_driver_sql(f"{query} WHERE {where}", tuple(map(list, zip(*rows, strict=True))))


def parts(rows: Sequence[int], size: int = 5000) -> Iterable[list[int]]:
    """Lists that fit into one statement."""
    rest = iter(rows)
    while part := list(islice(rest, size)):
        yield part


def fetch(connection: Connection, table: Table, columns: Sequence[str], where: str = "1 = 1", order: str = "") -> Any:
    """Plain tuples, faster than through the expression language. where, order: SQL without values of users."""
    names = ", ".join(f'"{name}"' for name in columns)
    tail = f" ORDER BY {order}" if order else ""
    return connection.exec_driver_sql(f"SELECT {names} FROM {table.name} WHERE {where}{tail}").cursor.fetchall()
