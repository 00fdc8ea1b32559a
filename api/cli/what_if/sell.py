"""`bayplan what-if sell`: a big request quoted."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Group, RenderableType
from rich.text import Text

from api.cli.books.opened import Database
from api.cli.terminal import examples, exits, machines, people, table
from api.cli.what_if.asked import At, base, demanded
from api.cli.worlds import AsJson, OptionalWorld

if TYPE_CHECKING:
    from planner.whatif.questions.sell import Sell

SHOWN = 10
SELL = examples(
    ("bayplan what-if sell world -f request.yaml", "where it would go, what it costs, whom it displaces"),
    ("bayplan what-if sell -f request.yaml --json", "on the books, with the plan, as JSON"),
)


def sell(
    file: Annotated[Path, typer.Option("-f", "--file", metavar="FILE", help="The request: applications.")],
    world: OptionalWorld = None,
    at: At = None,
    database: Database = None,
    as_json: AsJson = False,
) -> None:
    """Quote a big request: where it is delivered, its price by the tariff of the sites, and what it takes from others.

    Displaced are instances that are asked for already, would fit now, and no longer do once this is sold. Nothing is
    booked.
    """
    with exits(as_json):
        from planner.whatif.questions.sell import sell as answer

        on = base(world, database, at)
        found = answer(on, demanded(on, file))
        if as_json:
            machines(found.model_dump_json(by_alias=True, exclude_none=True))
        else:
            people().print(Group(*_told(found)))


def _told(found: Sell) -> Iterator[RenderableType]:
    from planner.plans.words import many

    if found.fits:
        yield Text(f"all {many(found.placed, 'instance')} fit", "green")
    else:
        left = sum(row.instances for row in found.refused)
        yield Text(f"{found.placed:,} fit, {left:,} do not{' (proven)' if found.proven else ''}", "red")
    for left_out in found.refused[:SHOWN]:
        yield Text(f"  {left_out.application}: {many(left_out.instances, 'instance')}: {left_out.reason}", "yellow")
    yield Text(f"price {found.price:,.2f}; no delivery costs less than {found.price_bound:,.2f}")
    if found.deliveries:
        yield Text()
        made = table("application", "site", "instances", "servers", numbers=("instances", "servers"))
        for row in found.deliveries[:SHOWN]:
            made.add_row(row.application, row.site, f"{row.instances:,}", f"{row.servers:,}")
        yield made
        if len(found.deliveries) > SHOWN:
            yield Text(f"and {len(found.deliveries) - SHOWN:,} more: see --json", "dim")
    yield Text()
    room = table("headroom", "before", "after", numbers=("before", "after"))
    for name, before in found.before.items():
        if before != found.after[name]:
            room.add_row(name, f"{before:,}", f"{found.after[name]:,}")
    yield room
    if not found.displaced:
        yield Text("nobody who waits for room is displaced", "green")
    for other in found.displaced[:SHOWN]:
        yield Text(f"displaced: {other.application}, {many(other.instances, 'instance')}", "yellow")
