"""`bayplan what-if retire`: can sites be given up, and what moves where."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Group, RenderableType
from rich.text import Text

from api.cli.books.opened import Database
from api.cli.terminal import examples, exits, machines, people, table
from api.cli.what_if.asked import base
from api.cli.worlds import AsJson, OptionalWorld, instant

if TYPE_CHECKING:
    from planner.whatif.questions.retire import Retire

SHOWN = 20
RETIRE = examples(
    ("bayplan what-if retire world --site fs-telecom-1", "can it be given up, and what moves where"),
    ("bayplan what-if retire --site a --site b --by 2027-03-01T00:00:00+08:00", "by then, on the books"),
)


def retire(
    site: Annotated[list[str], typer.Option(metavar="SITE", help="To be given up; repeatable.")],
    world: OptionalWorld = None,
    by: Annotated[
        Any, typer.Option(metavar="INSTANT", parser=instant, help="What has ended by then need not move.")
    ] = None,
    database: Database = None,
    as_json: AsJson = False,
) -> None:
    """Tell whether sites can be given up: everything that runs there finds a place elsewhere, by all of its rules.

    Exit code 0: an answer, also when they cannot; 2: bad input.
    """
    with exits(as_json):
        from planner.whatif.questions.retire import retire as answer

        found = answer(base(world, database, by), site)
        if as_json:
            machines(found.model_dump_json(by_alias=True, exclude_none=True))
        else:
            people().print(Group(*_told(found)))


def _told(found: Retire) -> Iterator[RenderableType]:
    from planner.plans.words import many

    promised = f" and {many(found.lost.reserved, 'instance')} reserved there" if found.lost.reserved else ""
    what = f"{many(found.lost.instances, 'instance')} on {many(found.lost.servers, 'server')}{promised}"
    if found.can:
        yield Text(f"yes: {what} find another place", "green")
    else:
        left = sum(row.instances for row in found.refused)
        yield Text(f"no: of {what}, {left:,} find no other place{' (proven)' if found.proven else ''}", "red")
    for row in found.refused[:SHOWN]:
        yield Text(f"  {row.application}: {row.told}: {row.reason}", "yellow")
    if found.moves:
        yield Text()
        made = table("application", "to site", "instances", "servers", numbers=("instances", "servers"))
        for move in found.moves[:SHOWN]:
            made.add_row(move.application, move.site, f"{move.instances:,}", f"{move.servers:,}")
        yield made
        if len(found.moves) > SHOWN:
            yield Text(f"and {len(found.moves) - SHOWN:,} more: see --json", "dim")
