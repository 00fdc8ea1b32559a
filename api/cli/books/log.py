"""`bayplan audit` and `usage`: who did what, and what it costs."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Annotated

import typer

from api.cli.books.opened import Database, now, opened
from api.cli.books.show import listing
from api.cli.terminal import examples
from api.cli.there import listed
from api.cli.worlds import AsJson

ENTRY = ("id", "at", "actor", "action", "subject", "before", "after")
USED = ("tenant", "application", "kind", "instance_hours", "hours")
AUDIT = examples(
    ("bayplan audit", "the last entries: who, what, when, and the generations"),
    ("bayplan audit --action reservation --most 1000 --json", "all about reservations"),
)
USAGE = examples(
    ("bayplan usage --from 2026-11-01T00:00:00Z --to 2026-12-01T00:00:00Z", "a month"),
    ("bayplan usage --tenant acme --json", "all of one tenant"),
)


def audit(
    subject: Annotated[str | None, typer.Option(metavar="ID", help="About this application or booking.")] = None,
    action: Annotated[str | None, typer.Option(metavar="ACTION", help="Its beginning, such as hold.")] = None,
    after: Annotated[int, typer.Option(metavar="N", help="Entries after this one.")] = 0,
    most: Annotated[int, typer.Option(metavar="N", min=1, help="The newest so many.")] = 20,
    database: Database = None,
    as_json: AsJson = False,
) -> None:
    """Show the audit log: who did what, when, and the books' generation before and after. It only grows."""
    told_there = listed(lambda ask: ask.audit(subject=subject, action=action, limit=min(most, 100)), as_json, most)
    if told_there is not None:
        rows = [row for row in reversed(told_there) if row["id"] > after]
        listing(rows, ENTRY, as_json, ("id", "before", "after"))
        return
    with opened(database, as_json) as books:
        from planner.manifests.instants import told
        from planner.store.audit import entries

        with books.database.reading() as connection:
            newest = entries(connection, subject=subject, action=action, after=after, most=most)
        told_here = ({**asdict(each), "at": told(each.at), "detail": json.loads(each.detail)} for each in newest)
        rows = [*told_here][::-1]
        listing(rows, ENTRY, as_json, ("id", "before", "after"))


def usage(
    begin: Annotated[str | None, typer.Option("--from", metavar="INSTANT", help="From then on.")] = None,
    stop: Annotated[
        str | None, typer.Option("--to", metavar="INSTANT", help="Before then.", show_default="now")
    ] = None,
    tenant: Annotated[str | None, typer.Option(metavar="NAME", help="Of this tenant only.")] = None,
    database: Database = None,
    as_json: AsJson = False,
) -> None:
    """Show usage for billing: amounts times hours, allocated, reserved and held, per tenant and application."""
    told_there = listed(lambda ask: ask.usage(begin, stop, tenant=tenant), as_json)
    if told_there is not None:
        rows = [
            {"instance_hours" if name == "instanceHours" else name: row[name] for name in row} for row in told_there
        ]
        listing(rows, USED, as_json, ("instance_hours",))
        return
    with opened(database, as_json) as books:
        from api.cli.books.given import instant_of
        from planner.ledger.usage import usage as ledger

        books.picture()  # what is over is over
        since = 0 if begin is None else instant_of("from", begin)
        until = now() if stop is None else instant_of("to", stop)
        rows = [asdict(each) for each in ledger(books, since, until, tenant)]
        listing(rows, USED, as_json, ("instance_hours",))
