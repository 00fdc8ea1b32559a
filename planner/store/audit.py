"""The audit log: who did what, when; it only grows."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, false, or_, select

from planner.store import schema


def told_since(connection: Connection, generation: int) -> Iterator[dict[str, Any]]:
    """Details of inventory changes after a generation, the last first."""
    table = schema.audit
    actions = ("inventory.import", "site.state", "server.state", "site.change", "server.change")
    query = select(table.c.detail).where(table.c.after > generation, table.c.action.in_(actions))
    for row in connection.execute(query.order_by(table.c.id.desc())):
        yield json.loads(row.detail)


@dataclass(frozen=True, slots=True)
class Entry:
    """Of the audit log: who did what, when (milliseconds), and the books' generation before and after."""

    id: int
    at: int
    actor: str
    action: str
    subject: str
    before: int
    after: int
    detail: str


def entries(
    connection: Connection,
    *,
    tenants: Collection[str] | None = None,
    subject: str | None = None,
    action: str | None = None,
    after: int | None = None,
    before: int | None = None,
    most: int,
) -> list[Entry]:
    """The newest `most` that match, the newest first. tenants: what was done with their applications, and with bookings
    that are of one of them alone; None: everything. action: as a whole or its beginning. after, before: ids."""
    table = schema.audit
    query = select(*(table.c[name] for name in Entry.__slots__))
    if after is not None:
        query = query.where(table.c.id > after)
    if before is not None:
        query = query.where(table.c.id < before)
    if subject is not None:
        query = query.where(table.c.subject == subject)
    if action is not None:
        query = query.where(table.c.action.startswith(action, autoescape=True))
    if tenants is not None:
        query = query.where(_about(sorted(tenants)))
    return [Entry(*row) for row in connection.execute(query.order_by(table.c.id.desc()).limit(most))]


def _about(tenants: Sequence[str]) -> ColumnElement[bool]:
    table, of = schema.audit, schema.bookings
    booking = select(of.c.id).where(of.c.id == table.c.subject)
    named = [table.c.subject.startswith(f"{name}/", autoescape=True) for name in tenants if name != "default"]
    named += [~table.c.subject.contains("/")] if "default" in tenants else []
    application = and_(table.c.action.startswith("allocation."), ~booking.exists(), or_(false(), *named))
    return or_(booking.where(of.c.tenant.in_(tenants)).exists(), application)
