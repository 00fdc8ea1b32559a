"""Decisions: what was asked, on which generation, and the plan that answered it; kept to be booked and repeated."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from planner.ledger.refused import Refused
from planner.store import schema
from planner.store.database import Connection, Database


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


def keep(connection: Connection, decided: Decided) -> None:
    """Once, however often."""
    insert = sqlite_insert if connection.dialect.name == "sqlite" else postgresql_insert
    row = {field: getattr(decided, field) for field in Decided.__slots__}
    connection.execute(insert(schema.decisions).values(row).on_conflict_do_nothing())


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
