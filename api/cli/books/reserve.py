"""`bayplan reserve` and `reservations`: capacity that is promised before anything runs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from api.cli.books.given import pairs_of
from api.cli.books.opened import Actor, Database, Key, by, done, opened
from api.cli.books.show import listing, show
from api.cli.files import read_text
from api.cli.terminal import add, examples
from api.cli.there import answered
from api.cli.there import listed as listed_there
from api.cli.worlds import AsJson

if TYPE_CHECKING:
    from planner.manifests.reservation import Reservation

RESERVE = examples(
    ("bayplan reserve autumn --tenant acme --where site=gz-telecom --amount cpu=8000", "8,000 vCPU of a site"),
    ("bayplan reserve autumn --amount cpu=64 --start 2027-01-01T00:00:00Z", "from the new year on"),
    ("bayplan reserve -f reservation.yaml --json", "a Reservation manifest: instances by their rules"),
)
File = Annotated[Path | None, typer.Option("-f", "--file", metavar="FILE", help="A Reservation manifest.")]
Tenant = Annotated[str, typer.Option(metavar="NAME", help="Who it is for.")]
Name = Annotated[str, typer.Argument(metavar="NAME", help="Of the reservation.")]
COLUMNS = ("tenant", "name", "state", "start", "end", "degraded")


def reserve(
    name: Annotated[str | None, typer.Argument(metavar="NAME", help="Of the reservation.")] = None,
    file: File = None,
    tenant: Tenant = "default",
    amount: Annotated[list[str] | None, typer.Option(metavar="R=N", help="Such as cpu=8000.")] = None,
    where: Annotated[list[str] | None, typer.Option(metavar="K=V", help="Such as site=gz-telecom.")] = None,
    start: Annotated[str | None, typer.Option(metavar="INSTANT", help="When it starts.", show_default="now")] = None,
    end: Annotated[str | None, typer.Option(metavar="INSTANT", help="When it ends.", show_default="never")] = None,
    targeted: Annotated[bool, typer.Option("--targeted", help="Only for applications that name it.")] = False,
    key: Key = None,
    actor: Actor = None,
    database: Database = None,
    as_json: AsJson = False,
) -> None:
    """Promise capacity to a tenant: amounts in a place, or instances by their rules.

    What is promised is sold to nobody else. It is refused at once when there is not so much, with exit code 3.
    """
    if (name is None) == (file is None):
        raise typer.BadParameter("expected either NAME or --file")

    def wanted_one() -> Reservation:
        if file is not None:
            return reservation_of(file)
        match = "targeted" if targeted else "open"
        amounts, place = pairs_of("amount", amount or []), pairs_of("where", where or [])
        spec = {"match": match, "amounts": amounts, "where": place, "start": start, "end": end}
        return _parsed({"metadata": {"name": name, "namespace": tenant}, "spec": spec}, "options")

    if (told := answered(lambda ask: ask.reserve(wanted_one(), key=key), as_json)) is not None:
        show(told, as_json)
        return
    with opened(database, as_json) as books:
        from planner.ledger import reserve as ledger

        wanted = wanted_one()
        who = by(actor, key, "reserve", wanted.model_dump_json())
        show(done(books, who, lambda: ledger.reserve(books, wanted, who)), as_json)


def listed(
    tenant: Annotated[str | None, typer.Option(metavar="NAME", help="Of this tenant only.")] = None,
    every: Annotated[bool, typer.Option("--all", help="Those that are over too.")] = False,
    database: Database = None,
    as_json: AsJson = False,
) -> None:
    """List reservations: whose they are, from when to when, and whether they are degraded."""
    state = "all" if every else None
    if (rows := listed_there(lambda ask: ask.reservations(tenant=tenant, state=state), as_json)) is not None:
        listing(rows, COLUMNS, as_json)
        return
    with opened(database, as_json) as books:
        from planner.ledger.answer import booking_told
        from planner.store import reading

        books.picture()  # what is over is over
        with books.database.reading() as connection:
            found = [booking_told(each) for each in reading.bookings(connection, "reservation", tenant)]
        listing([row for row in found if every or row["state"] == "active"], COLUMNS, as_json)


def changed(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The new Reservation manifest.")],
    key: Key = None,
    actor: Actor = None,
    database: Database = None,
    as_json: AsJson = False,
) -> None:
    """Change a reservation to what a manifest says: the new promise as a whole, or the old one stays.

    Before its start everything may change; after it the start stays.
    """
    with opened(database, as_json) as books:
        from planner.ledger import reserve as ledger

        wanted = reservation_of(file)
        who = by(actor, key, "change", wanted.model_dump_json())
        show(done(books, who, lambda: ledger.change(books, wanted, who)), as_json)


def cancelled(
    name: Name,
    tenant: Tenant = "default",
    key: Key = None,
    actor: Actor = None,
    database: Database = None,
    as_json: AsJson = False,
) -> None:
    """Give a reservation back: its room is free from now on."""
    if (told := answered(lambda ask: ask.cancel_reservation(tenant, name, key=key), as_json)) is not None:
        show(told, as_json)
        return
    with opened(database, as_json) as books:
        from planner.ledger import reserve as ledger

        who = by(actor, key, "cancel", tenant, name)
        show(done(books, who, lambda: ledger.cancel(books, tenant, name, who)), as_json)


def reservation_of(file: Path) -> Reservation:
    """Raises InvalidInput with everything that is wrong with the file."""
    from planner.manifests.documents import only
    from planner.manifests.reservation import Reservation
    from planner.manifests.validation import parse

    document = only(read_text(file), str(file), "one Reservation")
    return parse(Reservation, document.data, document.source)


def _parsed(data: dict[str, Any], source: str) -> Reservation:
    from planner.manifests.documents import Source
    from planner.manifests.reservation import Reservation
    from planner.manifests.validation import parse

    return parse(Reservation, data, Source(source))


reservations = typer.Typer(
    no_args_is_help=True,
    help="List, change and cancel reservations.",
    epilog=examples(("bayplan reservations list", "whose, from when, until when")),
)
add(reservations, "list", listed, examples(("bayplan reservations list --tenant acme --json", "one tenant's")))
add(reservations, "change", changed, examples(("bayplan reservations change reservation.yaml", "as it says now")))
add(reservations, "cancel", cancelled, examples(("bayplan reservations cancel autumn --tenant acme", "give it back")))
