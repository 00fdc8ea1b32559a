"""`bayplan hold`: room for a few minutes, then confirmed or gone."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from api.cli.books.commit import Limit, options
from api.cli.books.opened import Actor, Database, Key, applications_of, by, done, opened
from api.cli.books.show import listing, show
from api.cli.files import read_text
from api.cli.terminal import add, examples
from api.cli.there import answered, manifests_of
from api.cli.there import listed as listed_there
from api.cli.worlds import AsJson

COLUMNS = ("id", "tenant", "start", "expires")
Identity = Annotated[str, typer.Argument(metavar="HOLD", help="Its id.")]
Ttl = Annotated[str, typer.Option(metavar="TIME", help="How long, such as 300s or 10m.")]


def place(
    file: Annotated[Path, typer.Option("-f", "--file", metavar="FILE", help="Applications to hold room for.")],
    ttl: Ttl = "300s",
    time_limit: Limit = 10.0,
    key: Key = None,
    actor: Actor = None,
    database: Database = None,
    as_json: AsJson = False,
) -> None:
    """Plan applications, and hold their room until it is confirmed, cancelled, or expires by the clock."""
    if (
        told := answered(lambda ask: ask.hold(manifests_of(file), options(time_limit), ttl=ttl, key=key), as_json)
    ) is not None:
        show(told, as_json)
        return
    with opened(database, as_json) as books:
        from api.cli.books.given import duration_of
        from planner.ledger import holds

        applications, length = applications_of(file, books), duration_of("ttl", ttl)
        who = by(actor, key, "hold", read_text(file), ttl)
        given = options(time_limit)
        show(done(books, who, lambda: holds.hold(books, applications, given, who, ttl=length)), as_json)


def confirm(
    identity: Identity,
    key: Key = None,
    actor: Actor = None,
    database: Database = None,
    as_json: AsJson = False,
) -> None:
    """Confirm a hold: its instances run from now on. Exit code 3 when it is over."""
    if (told := answered(lambda ask: ask.confirm_hold(identity, key=key), as_json)) is not None:
        show(told, as_json)
        return
    with opened(database, as_json) as books:
        from planner.ledger import holds

        who = by(actor, key, "confirm", identity)
        show(done(books, who, lambda: holds.confirm(books, identity, who)), as_json)


def cancel(
    identity: Identity,
    key: Key = None,
    actor: Actor = None,
    database: Database = None,
    as_json: AsJson = False,
) -> None:
    """Cancel a hold: its room is free again."""
    if (told := answered(lambda ask: ask.cancel_hold(identity, key=key), as_json)) is not None:
        show(told, as_json)
        return
    with opened(database, as_json) as books:
        from planner.ledger import holds

        who = by(actor, key, "cancel", identity)
        show(done(books, who, lambda: holds.cancel(books, identity, who)), as_json)


def extend(
    identity: Identity,
    ttl: Ttl = "300s",
    key: Key = None,
    actor: Actor = None,
    database: Database = None,
    as_json: AsJson = False,
) -> None:
    """Extend a hold: it expires so long from now."""
    if (told := answered(lambda ask: ask.extend_hold(identity, ttl=ttl, key=key), as_json)) is not None:
        show(told, as_json)
        return
    with opened(database, as_json) as books:
        from api.cli.books.given import duration_of
        from planner.ledger import holds

        length = duration_of("ttl", ttl)
        who = by(actor, key, "extend", identity, ttl)
        show(done(books, who, lambda: holds.extend(books, identity, length, who)), as_json)


def listed(database: Database = None, as_json: AsJson = False) -> None:
    """List the holds that are active."""
    if (rows := listed_there(lambda ask: ask.holds(), as_json)) is not None:
        listing(rows, COLUMNS, as_json)
        return
    with opened(database, as_json) as books:
        from planner.ledger.answer import booking_told

        found = [booking_told(each) for each in books.picture().bookings.values() if each.kind == "hold"]
        listing(found, COLUMNS, as_json)


hold = typer.Typer(
    no_args_is_help=True,
    help="Hold room for a few minutes; then confirm it, or it is gone.",
    epilog=examples(("bayplan hold place -f more.yaml --ttl 10m", "ten minutes to decide")),
)
add(hold, "place", place, examples(("bayplan hold place -f more.yaml --ttl 10m", "ten minutes to decide")))
add(hold, "confirm", confirm, examples(("bayplan hold confirm h-5f2c9a01b7de-7", "it runs")))
add(hold, "cancel", cancel, examples(("bayplan hold cancel h-5f2c9a01b7de-7", "it does not")))
add(hold, "extend", extend, examples(("bayplan hold extend h-5f2c9a01b7de-7 --ttl 10m", "ten minutes from now")))
add(hold, "list", listed, examples(("bayplan hold list --json", "those that are active")))
