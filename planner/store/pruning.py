"""Pruning: decisions and idempotency keys of long ago go; the audit log, bookings and their lines never do."""

from __future__ import annotations

from planner.store.driver import execute
from planner.store.unit import Unit


def prune(unit: Unit, before: int) -> dict[str, int]:
    """How many rows of each table were older than an instant, and are gone."""
    return {
        table: execute(unit.connection, f"DELETE FROM {table} WHERE at < ?", (before,)).rowcount
        for table in ("decisions", "keys")
    }
