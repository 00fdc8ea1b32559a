"""`bayplan what-if headroom`: how many more of a shape, where, and until when."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Group, RenderableType
from rich.text import Text

from api.cli.books.given import pairs_of
from api.cli.books.opened import Database
from api.cli.interrupt import STOPPED
from api.cli.solve import slot
from api.cli.terminal import examples, exits, machines, people, table
from api.cli.what_if.asked import PROCESSORS, At, Dask, Where, Workers, asking, base, executor, worked
from api.cli.worlds import AsJson, OptionalWorld

if TYPE_CHECKING:
    from planner.whatif.questions.headroom import Headroom

SHOWN = 10
HEADROOM = examples(
    ("bayplan what-if headroom world --shape 8C16G", "how many more, by province"),
    ("bayplan what-if headroom world --where region='South China' --by site", "there, by site"),
    ("bayplan what-if headroom world --growth 5% --months 24", "and until when, if what runs grows 5 % a month"),
)


def rate(text: str) -> float:
    """`5%` -> 0.05."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*%", text)
    if not match or not 0 < float(match[1]) <= 1000:
        raise typer.BadParameter(f"found '{text}', expected a rate such as 5%")
    return float(match[1]) / 100


def headroom(
    world: OptionalWorld = None,
    shape: Annotated[Any, typer.Option(metavar="SHAPE", parser=slot, help="Cores and GiB of an instance.")] = "4C8G",
    where: Where = None,
    by: Annotated[str, typer.Option(metavar="KEY", help="A site attribute, or site.")] = "province",
    growth: Annotated[Any, typer.Option(metavar="RATE", parser=rate, help="Of what runs, a month: 5%.")] = None,
    months: Annotated[int, typer.Option(metavar="N", min=1, max=120, help="How far growth is followed.")] = 12,
    at: At = None,
    workers: Workers = PROCESSORS,
    dask: Dask = None,
    database: Database = None,
    as_json: AsJson = False,
) -> None:
    """Tell how many more instances of a shape fit, and where; with --growth, how long all that runs may grow.

    Each month of growth is planned on a copy, where it grows and by all rules. Without WORLD, on the books.
    """
    with exits(as_json):
        from planner.manifests.documents import Source
        from planner.manifests.validation import parse
        from planner.whatif.questions import headroom as question
        from planner.whatif.shape import Given

        given = parse(Given, {"shape": shape}, Source("options")).shape
        on = base(world, database, at, given)
        there = {key: [value] for key, value in pairs_of("where", where or []).items()}
        job, complete = None, True
        if growth is not None:
            under_way = asking("headroom", on, question.months(growth, months, there))
            complete = worked(under_way, executor(workers, dask))
            job = under_way.result()
        found = question.headroom(on, there, by, growth, job)
        if as_json:
            machines(found.model_dump_json(by_alias=True, exclude_none=True))
        else:
            people().print(Group(*_told(found, by)))
        if not complete:
            raise typer.Exit(STOPPED)


def _told(found: Headroom, by: str) -> Iterator[RenderableType]:
    from planner.plans.words import many

    yield Text(f"{found.headroom:,} more instances of this shape fit")
    if found.places:
        made = table(by, "instances", "servers", "sites", numbers=("instances", "servers", "sites"))
        for row in found.places[:SHOWN]:
            made.add_row(row.place, f"{row.headroom:,}", f"{row.servers:,}", f"{row.sites:,}")
        yield made
        if len(found.places) > SHOWN:
            yield Text(f"and {len(found.places) - SHOWN:,} more: see --json", "dim")
    if found.until is not None:
        yield Text()
        columns = ("growth", "placed", "refused", "headroom")
        timeline = table("month", *columns, numbers=columns)
        for month in found.months:
            figures = (f"x {month.factor:.3f}", f"{month.placed:,}", f"{month.refused:,}", f"{month.headroom:,}")
            timeline.add_row(str(month.month), *figures, style="yellow" if month.refused else "")
        yield timeline
        whole = found.until == len(found.months)
        yield Text(f"all of it finds a place for {many(found.until, 'month')}{' or more' if whole else ''}")
        for each in found.first:
            yield Text(f"  then {each.application}: {many(each.instances, 'instance')}: {each.reason}", "yellow")
