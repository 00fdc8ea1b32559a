"""Searches: solves and explanations that go on while their client does something else, as every process sees them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import delete, insert, select, update

from planner.store import schema
from planner.store.database import Database

Kind = Literal["plan", "explanation"]
State = Literal["waiting", "running", "done", "cancelled", "failed"]
OPEN: tuple[State, ...] = ("waiting", "running")
KEPT = 7 * 86_400_000
"""Milliseconds that a search is remembered after its last change."""


@dataclass(frozen=True, slots=True)
class Kept:
    """tenants: whose applications it is about. asked, changed: milliseconds; while it is open, `changed` is when
    its process last said that it lives. stop: somebody wants it to end with what it has. progress, answer: JSON, or
    empty."""

    id: str
    kind: Kind
    tenants: tuple[str, ...]
    state: State
    asked: int
    changed: int
    stop: bool = False
    progress: str = ""
    answer: str = ""


def begin(database: Database, search: Kept) -> None:
    """A new one. What nobody has looked after for long is forgotten."""
    table = schema.searches
    row = {field: getattr(search, field) for field in Kept.__slots__}
    row |= {"tenants": "\n".join(search.tenants), "stop": int(search.stop)}
    with database.writing() as connection:
        connection.execute(delete(table).where(table.c.changed < search.asked - KEPT))
        connection.execute(insert(table).values(row))


def beat(database: Database, now: int, open_: Mapping[str, tuple[State, str]]) -> set[str]:
    """Say that these are alive, with their state and progress: ids of those that somebody wants to end."""
    table, wanted = schema.searches, set()
    with database.writing() as connection:
        for identity, (state, progress) in sorted(open_.items()):
            query = update(table).where(table.c.id == identity, table.c.state.in_(OPEN))
            row = connection.execute(
                query.values(state=state, progress=progress, changed=now).returning(table.c.stop)
            ).one_or_none()
            if row is not None and row.stop:
                wanted.add(identity)
    return wanted


def end(database: Database, identity: str, state: State, answer: str, now: int) -> None:
    """The first end counts."""
    table = schema.searches
    query = update(table).where(table.c.id == identity, table.c.state.in_(OPEN))
    with database.writing() as connection:
        connection.execute(query.values(state=state, answer=answer, changed=now))


def stop(database: Database, identity: str) -> None:
    """Its process will see that it is to end."""
    table = schema.searches
    with database.writing() as connection:
        connection.execute(update(table).where(table.c.id == identity, table.c.state.in_(OPEN)).values(stop=1))


def find(database: Database, ids: Collection[str], *, answers: bool = True) -> dict[str, Kept]:
    """By id. answers: whether what was found is wanted too; it may be large."""
    table = schema.searches
    names = [name for name in Kept.__slots__ if answers or name != "answer"]
    query = select(*(table.c[name] for name in names)).where(table.c.id.in_(sorted(ids)))
    with database.reading() as connection:
        rows = [dict(zip(names, row, strict=True)) for row in connection.execute(query)]
    return {
        row["id"]: Kept(**{**row, "tenants": tuple(row["tenants"].split("\n")), "stop": bool(row["stop"])})
        for row in rows
    }
