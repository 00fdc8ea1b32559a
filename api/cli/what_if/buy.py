"""`bayplan what-if buy`: the cheapest servers and sites that make a demand fit."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Group, RenderableType
from rich.text import Text

from api.cli.books.opened import Database
from api.cli.files import read_text
from api.cli.progress import waiting
from api.cli.terminal import examples, exits, machines, people, table
from api.cli.what_if.asked import At, base, demanded
from api.cli.words import percent
from api.cli.worlds import ApplicationsFile, AsJson, OptionalWorld

if TYPE_CHECKING:
    from planner.whatif.questions.buy import Buy

BUY = examples(
    ("bayplan what-if buy world --prices prices.yaml", "so that all that world/applications.yaml asks for fits"),
    ("bayplan what-if buy world -f more.yaml --prices prices.yaml --time-limit 60", "or these applications"),
)


def buy(
    prices: Annotated[Path, typer.Option("--prices", metavar="FILE", help="What servers and sites cost.")],
    world: OptionalWorld = None,
    file: ApplicationsFile = None,
    at: At = None,
    time_limit: Annotated[float, typer.Option(metavar="SECONDS", min=0.1, help="Search no longer than this.")] = 30.0,
    database: Database = None,
    as_json: AsJson = False,
) -> None:
    """Find the cheapest servers and sites with which everything fits that is asked for.

    The bound says what no purchase can undercut; small questions are solved to the optimum. Exit code 0: an answer,
    2: bad input.
    """
    with exits(as_json):
        from planner.manifests.documents import only
        from planner.manifests.validation import parse
        from planner.whatif.questions.buy import buy as answer
        from planner.whatif.questions.prices import Prices

        document = only(read_text(prices), str(prices), "one of kind Prices")
        asked = parse(Prices, document.data, document.source)
        on = base(world, database, at)
        applications = demanded(on, file)
        with waiting("look for the cheapest purchase"):
            bought = answer(on, applications, asked, time_limit)
        if as_json:
            machines(bought.model_dump_json(by_alias=True, exclude_none=True))
        else:
            people().print(Group(*_told(bought)))


def _told(bought: Buy) -> Iterator[RenderableType]:
    from planner.plans.words import joined, many

    if bought.status == "infeasible":
        yield Text("no purchase that these prices allow is enough (proven)", "red")
        return
    if bought.status == "unknown":
        yield Text(f"no purchase was found that is enough; one would cost {bought.bound:,.2f} or more", "yellow")
        return
    if not bought.purchases:
        yield Text("everything fits as it is: nothing to buy", "green")
        return
    yield Text(f"{many(bought.missing, 'instance')} that find no place now, fit with this purchase:")
    yield Text()
    made = table("site", "server", "servers", "cost", numbers=("servers", "cost"))
    for row in bought.purchases:
        made.add_row(row.site, row.server, f"{row.servers:,}", f"{row.cost:,.2f}")
    yield made
    if bought.opened:
        yield Text(f"to be opened: {joined(bought.opened)}")
    yield Text()
    if bought.status == "optimal":
        yield Text(f"cost {bought.cost:,.2f}: no purchase that works is cheaper (proven)", "green")
    else:
        yield Text(
            f"cost {bought.cost:,.2f}; no purchase costs less than {bought.bound:,.2f} (gap {percent(bought.gap)})"
        )
