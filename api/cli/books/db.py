"""`bayplan db`: the database of the books."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from api.cli.books.opened import Actor, Database, by, opened
from api.cli.terminal import add, examples, exits, machines, people
from api.cli.worlds import AsJson
from planner.plans.words import many


def upgrade(database: Database = None, as_json: AsJson = False) -> None:
    """Make the books, or bring those of an older version up to date.

    Every other command needs books of its own version. Run it again at any time: nothing happens twice.
    """
    with exits(as_json):
        from planner.store.database import Database as Store
        from planner.store.settings import Settings

        store = Store(Settings(database=database) if database else Settings())
        before, after = store.upgrade()
        store.close()
        if as_json:
            machines({"before": before, "revision": after})
            return
        told = f"at revision {after} already" if before == after else f"from {before or 'nothing'} to revision {after}"
        people().print(f"books: {told}")


def prune(
    older_than: Annotated[
        str | None,
        typer.Option(metavar="TIME", envvar="BAYPLAN_KEEP", help="Such as 90d.", show_default="90d"),
    ] = None,
    actor: Actor = None,
    database: Database = None,
    as_json: AsJson = False,
) -> None:
    """Forget plans and idempotency keys of long ago. Bookings and the audit log stay for ever.

    Plans that are gone can be booked and replayed no more; a request with such a key is a new one.
    """
    with opened(database, as_json) as books:
        from api.cli.books.given import duration_of
        from planner.ledger.prune import prune as ledger
        from planner.store.settings import Settings

        found = ledger(books, duration_of("older-than", older_than or Settings().keep), by(actor))
        if as_json:
            machines(asdict(found))
            return
        gone = f"{many(found.decisions, 'plan')} and {many(found.keys, 'idempotency key')}"
        people().print(f"{gone} from before {found.before} forgotten")


def check(database: Database = None, as_json: AsJson = False) -> None:
    """Check that the books balance: what servers' rooms say is what bookings say.

    Reads everything. Exit code 0: the books balance, 1: they do not.
    """
    with opened(database, as_json) as books:
        from planner.ledger.balance import balance

        findings = balance(books)
        if as_json:
            machines({"balanced": not findings, "findings": [asdict(each) for each in findings]})
        else:
            people().print("the books balance" if not findings else many(len(findings), "finding"))
    if findings:
        raise typer.Exit(1)


db = typer.Typer(
    no_args_is_help=True,
    help="Make the database of the books, and check it.",
    epilog=examples(
        ("bayplan db upgrade", "books in bayplan.db, or where BAYPLAN_DATABASE says"),
        ("bayplan db upgrade --database postgresql://me@host/books", "on PostgreSQL"),
    ),
)
add(
    db,
    "upgrade",
    upgrade,
    examples(
        ("bayplan db upgrade", "a file bayplan.db here"),
        ("bayplan db upgrade --database postgresql://me@host/books", "on PostgreSQL"),
    ),
)
add(db, "prune", prune, examples(("bayplan db prune --older-than 90d", "or as BAYPLAN_KEEP says")))
add(db, "check", check, examples(("bayplan db check", "do they balance?")))
