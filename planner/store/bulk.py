"""Many rows at once: COPY or JSON in PostgreSQL, prepared statements in SQLite."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import islice
from typing import Any

from sqlalchemy import Connection, Integer, Table

from planner.store.driver import execute, execute_many, told

FEW = 500
"""Rows up to which JSON, which Python writes faster than arrays, is quicker than COPY, which takes three turns."""


def insert(connection: Connection, table: Table, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Insert tuples in the order of `columns`. Raises IntegrityError."""
    rows = list(rows)
    names = ", ".join(f'"{name}"' for name in columns)
    if not rows:
        return
    if connection.dialect.name == "sqlite":
        holes = ", ".join("?" * len(columns))
        execute_many(connection, f"INSERT INTO {table.name} ({names}) VALUES ({holes})", rows)
    elif len(rows) <= FEW:
        given = json.dumps([dict(zip(columns, row, strict=True)) for row in rows], ensure_ascii=False)
        execute(connection, _recordset(table, tuple(columns)), (given,))
    else:
        cursor: Any = connection.connection.cursor()
        with told(connection, f"COPY {table.name}"), cursor.copy(f"COPY {table.name} ({names}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)


@lru_cache(maxsize=64)
def _recordset(table: Table, columns: Sequence[str]) -> str:
    names = ", ".join(f'"{name}"' for name in columns)
    kinds = (f'"{name}" {"bigint" if isinstance(table.c[name].type, Integer) else "text"}' for name in columns)
    return f"INSERT INTO {table.name} ({names}) SELECT {names} FROM json_to_recordset(?::json) AS d({', '.join(kinds)})"


def update(connection: Connection, table: str, keys: Sequence[str], column: str, rows: Sequence[Sequence[Any]]) -> None:
    """Write one column of many rows, each (its keys, the new number). Keys are numbers, but for names of resources.

    Raises IntegrityError."""
    if not rows:
        return
    if connection.dialect.name == "sqlite":
        where = " AND ".join(f"{key} = ?" for key in keys)
        given = [(row[-1], *row[:-1]) for row in rows]
        execute_many(connection, f"UPDATE {table} SET {column} = ? WHERE {where}", given)
        return
    where = " AND ".join(f"t.{key} = d.{key}" for key in keys)
    arrays = ", ".join(f"?::{'text' if key == 'resource' else 'bigint'}[]" for key in (*keys, column))
    query = f"UPDATE {table} AS t SET {column} = d.{column} FROM unnest({arrays}) AS d({', '.join((*keys, column))})"
    execute(connection, f"{query} WHERE {where}", tuple(map(list, zip(*rows, strict=True))))


def parts(rows: Sequence[int], size: int = 5000) -> Iterable[list[int]]:
    """Lists that fit into one statement."""
    rest = iter(rows)
    while part := list(islice(rest, size)):
        yield part


def chunks(names: Sequence[str], size: int = 5000) -> Iterable[Sequence[str]]:
    """The same of names."""
    for begin in range(0, len(names), size):
        yield names[begin : begin + size]


def fetch(connection: Connection, table: Table, columns: Sequence[str], where: str = "1 = 1", order: str = "") -> Any:
    """Plain tuples. where, order: SQL without values of users."""
    names = ", ".join(f'"{name}"' for name in columns)
    tail = f" ORDER BY {order}" if order else ""
    return execute(connection, f"SELECT {names} FROM {table.name} WHERE {where}{tail}").fetchall()
