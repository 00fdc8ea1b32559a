"""`bayplan what-if survive`: which promises break when something is lost."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Group, RenderableType
from rich.text import Text

from api.cli.books.given import pairs_of
from api.cli.books.opened import Database
from api.cli.interrupt import STOPPED
from api.cli.terminal import examples, exits, machines, people, table
from api.cli.what_if.asked import PROCESSORS, At, Dask, Output, Where, Workers, asking, base, executor, worked
from api.cli.worlds import AsJson, OptionalWorld

if TYPE_CHECKING:
    from planner.whatif.questions.survive import Survive

SHOWN = 15
SURVIVE = examples(
    ("bayplan what-if survive world", "the loss of any site"),
    ("bayplan what-if survive world --of rack --of city --where region='South China'", "of any rack or city there"),
    ("bayplan what-if survive -o results", "of any site in the books; stopped, it goes on where it was"),
)


class Of(StrEnum):
    server = "server"
    rack = "rack"
    site = "site"
    city = "city"
    province = "province"
    region = "region"
    carrier = "carrier"


def survive(
    world: OptionalWorld = None,
    of: Annotated[list[Of] | None, typer.Option(metavar="LEVEL", help="What is lost; repeatable.")] = None,
    where: Where = None,
    at: At = None,
    output: Output = None,
    workers: Workers = PROCESSORS,
    dask: Dask = None,
    database: Database = None,
    as_json: AsJson = False,
) -> None:
    """Lose every single site (rack, city ...) and tell which promises break, the worst first, with what is lost then.

    Promises are the `survives` rules of applications, standby included, and that everything which runs finds a new
    place. Without WORLD, on the books.
    """
    with exits(as_json):
        from planner.whatif.questions.survive import every_loss
        from planner.whatif.questions.survive import survive as answer

        on = base(world, database, at)
        there = {key: [value] for key, value in pairs_of("where", where or []).items()}
        under_way = asking("survive", on, every_loss([level.value for level in of or [Of.site]], there))
        complete = worked(under_way, executor(workers, dask), output)
        found = answer(on, under_way.result())
        if as_json:
            machines(found.model_dump_json(by_alias=True, exclude_none=True))
        else:
            people().print(Group(*_told(found)))
        if not complete:
            raise typer.Exit(STOPPED)


def _told(found: Survive) -> Iterator[RenderableType]:
    from planner.plans.words import many

    kept = found.promises - len(found.broken)
    played = "1 loss" if found.losses == 1 else f"{found.losses:,} losses"
    yield Text(f"{played} played; {kept:,} of {many(found.promises, 'promise')} hold under each")
    if found.refusing:
        yield Text(f"{found.refusing:,} of them leave instances without a place", "yellow")
    if found.failed:
        yield Text(f"{found.failed:,} could not be worked out: see --json", "red")
    if found.broken:
        made = table("broken", "promise", "left", "needed", "worst", "losses", numbers=("left", "needed", "losses"))
        for row in found.broken[:SHOWN]:
            doubt = "" if row.proven else " (not proven)"
            figures = (f"{row.left:,}", f"{row.needed:,}", row.worst + doubt, f"{row.losses:,}")
            made.add_row(row.application, row.promise, *figures)
        yield Text()
        yield made
        if len(found.broken) > SHOWN:
            yield Text(f"and {len(found.broken) - SHOWN:,} more: see --json", "dim")
