"""Locks: sites, then applications, held to the end of the transaction.

They are taken in one order everywhere, so that nobody waits in a circle.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from planner.store.bulk import chunks, parts
from planner.store.driver import among, execute, together

LIVE = " AND died IS NULL"


@dataclass(frozen=True, slots=True)
class Held:
    """What was found: (name, generation) of each site, (generation, manifest) of each application that is known."""

    sites: dict[int, tuple[str, int]]
    applications: dict[str, tuple[int, str]]


def hold(connection: Connection, sites: Collection[int], names: Collection[str]) -> Held:
    """Hold them, both in their order."""
    with together(connection) if sites and names else nullcontext():
        places = [_held(connection, "sites", "id, name, generation", part) for part in parts(sorted(sites))]
        running = [
            _held(connection, "applications", "id, generation, manifest", part, LIVE) for part in chunks(sorted(names))
        ]
    return Held(
        {row: (name, generation) for row, name, generation in _rows(places)},
        {name: (generation, manifest) for name, generation, manifest in _rows(running)},
    )


def _held(connection: Connection, table: str, columns: str, ids: Sequence[int] | Sequence[str], more: str = "") -> Any:
    condition, given = among(connection, "id", ids)
    held = "" if connection.dialect.name == "sqlite" else " FOR UPDATE"
    return execute(connection, f"SELECT {columns} FROM {table} WHERE {condition}{more} ORDER BY id{held}", given)


def _rows(cursors: Iterable[Any]) -> Iterator[Any]:
    for cursor in cursors:
        yield from cursor.fetchall()
