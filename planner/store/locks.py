"""Locks: sites, then applications, held to the end of the transaction, and compared with the generation of a decision.

They are taken in one order everywhere, so that nobody waits in a circle.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import nullcontext
from typing import Any

from sqlalchemy import Connection

from planner.ledger.refused import Stale
from planner.store.bulk import chunks, parts
from planner.store.driver import among, execute, together

LIVE = " AND died IS NULL"


def hold(
    connection: Connection, sites: Sequence[int], names: Sequence[str], compared: Collection[int], upto: int | None
) -> dict[str, str]:
    """Hold them, both in their order; the manifests of those applications that are known.

    Raises Stale when one of the compared sites changed after the generation `upto`, or something of the applications
    was booked or released."""
    with together(connection) if sites and names else nullcontext():
        places = [_held(connection, "sites", "id, name, generation", part) for part in parts(sites)]
        running = [_held(connection, "applications", "id, generation, manifest", part, LIVE) for part in chunks(names)]
    for row, name, generation in _rows(places):
        if upto is not None and generation > upto and row in compared:
            raise Stale(f"site {name} changed in between: it is at generation {generation}, not {upto}")
    found: dict[str, str] = {}
    for name, generation, manifest in _rows(running):
        if upto is not None and generation > upto:
            raise Stale(f"{name} changed in between: it is at generation {generation}, not {upto}")
        found[name] = manifest
    return found


def _held(connection: Connection, table: str, columns: str, ids: Sequence[int] | Sequence[str], more: str = "") -> Any:
    condition, given = among(connection, "id", ids)
    held = "" if connection.dialect.name == "sqlite" else " FOR UPDATE"
    return execute(connection, f"SELECT {columns} FROM {table} WHERE {condition}{more} ORDER BY id{held}", given)


def _rows(cursors: Iterable[Any]) -> Iterator[Any]:
    for cursor in cursors:
        yield from cursor.fetchall()
