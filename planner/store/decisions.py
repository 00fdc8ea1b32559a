"""Decisions: what was asked, on which generation, and the plan that answered it; kept to be booked and repeated."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select

from planner.ledger.refused import Refused
from planner.store import schema
from planner.store.database import Connection, Database
from planner.store.driver import execute


@dataclass(frozen=True, slots=True)
class Decided:
    """request, plan: JSON. at: milliseconds."""

    id: str
    at: int
    actor: str
    generation: int
    version: str
    request: str
    plan: str


KEEP = (
    f"INSERT INTO decisions ({', '.join(Decided.__slots__)}) VALUES ({', '.join('?' * len(Decided.__slots__))}) "
    "ON CONFLICT DO NOTHING"
)


def keep(connection: Connection, decided: Decided) -> None:
    """Once, however often."""
    row = [getattr(decided, field) for field in Decided.__slots__]
    execute(connection, KEEP, row)


def record(database: Database, decided: Decided) -> None:
    with database.writing() as connection:
        keep(connection, decided)


def recall(database: Database, identity: str) -> Decided:
    """Raises Refused when there is no such decision."""
    table = schema.decisions
    columns = [table.c[field] for field in Decided.__slots__]
    with database.reading() as connection:
        row = connection.execute(select(*columns).where(table.c.id == identity)).one_or_none()
    if row is None:
        raise unknown(identity)
    return Decided(*row)


def unknown(identity: str) -> Refused:
    return Refused("plan.unknown", f"there is no plan '{identity}'")
