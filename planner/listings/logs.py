"""Usage and audit: what was used for how long, and who did what, as far as the reader's tenants are concerned."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from planner.access.caller import Tenants
from planner.ledger.books import Books
from planner.ledger.usage import usage as ledger
from planner.listings.row import Page, Row, page
from planner.manifests.instants import told
from planner.store import audit as log


class UsageRow(Row):
    """application: empty for bulk amounts that were reserved. hours: base units times hours, by resource."""

    tenant: str
    application: str
    kind: str
    instance_hours: float
    hours: dict[str, float]


class AuditRow(Row):
    """before, after: generations of the books. subject: an application, or the id of a booking, a site or a server."""

    id: int
    at: str
    actor: str
    action: str
    subject: str
    before: int
    after: int
    detail: dict[str, Any]


def usage(
    books: Books, tenants: Tenants, tenant: str | None, begin: int, stop: int, after: str | None, limit: int
) -> Page[UsageRow]:
    """From `begin` to `stop` (milliseconds), by tenant, application and kind."""
    books.picture()  # what is over is over
    rows = [row for row in ledger(books, begin, stop, tenant) if tenants is None or row.tenant in tenants]
    found = [(f"{row.tenant} {row.application} {row.kind}", UsageRow(**asdict(row))) for row in rows]
    found.sort(key=lambda each: each[0])
    return page([each for each in found if after is None or each[0] > after][: limit + 1], limit)


def audit(
    books: Books, tenants: Tenants, filters: Mapping[str, str | None], after: str | None, limit: int
) -> Page[AuditRow]:
    """The newest first; of some tenants: what was done with their applications and bookings."""
    before = None if after is None else int(after)
    with books.database.reading() as connection:
        entries = log.entries(
            connection,
            tenants=tenants,
            subject=filters.get("subject"),
            action=filters.get("action"),
            before=before,
            most=limit + 1,
        )
    return page([(str(each.id), _row(each)) for each in entries], limit)


def _row(entry: log.Entry) -> AuditRow:
    content = {name: getattr(entry, name) for name in ("id", "actor", "action", "subject", "before", "after")}
    detail = {name: value for name, value in json.loads(entry.detail).items() if name not in ("rows", "runtimes")}
    return AuditRow(**content, at=told(entry.at) or "", detail=detail)
