"""`bayplan solve`: place what a world asks for."""

from __future__ import annotations

import re
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from api.cli.books.opened import Database
from api.cli.books.solve import solve_on_books
from api.cli.files import can_be_written, write_whole
from api.cli.progress import searching
from api.cli.report import report
from api.cli.terminal import examples, exits, machines, people
from api.cli.worlds import ApplicationsFile, AsJson, OptionalWorld, instant, opened

EXAMPLES = examples(
    ("bayplan solve world -o plan.json", "place what world/applications.yaml asks for, and keep the plan"),
    ("bayplan solve world -f more.yaml --json", "place other applications; the plan as JSON on stdout"),
    ("bayplan solve world --then largest-slots --slot 16C64G", "and keep room for big instances"),
    ("bayplan solve world --moves 20", "and move up to 20 instances that run, so that more fits"),
    ("bayplan solve world --effort 200 --seed 7", "a search that gives the same plan on every machine"),
    ("bayplan solve -f more.yaml", "plan on the books: bayplan commit PLAN then books it"),
)


GOALS = "What counts once as much as possible is placed: cost, fewest-servers or largest-slots."


class Then(StrEnum):
    cost = "cost"
    fewest_servers = "fewest-servers"
    largest_slots = "largest-slots"


def slot(text: str) -> dict[str, str]:
    """`16C64G` -> 16 cores and 64 GiB."""
    match = re.fullmatch(r"(\d+)C(\d+)G", text.upper())
    if not match:
        raise typer.BadParameter(f"found '{text}', expected cores and GiB such as 16C64G")
    return {"cpu": match[1], "memory": f"{match[2]}Gi"}


def solve(
    world: OptionalWorld = None,
    file: ApplicationsFile = None,
    output: Annotated[Path | None, typer.Option("-o", "--output", metavar="FILE", help="Keep the plan here.")] = None,
    as_json: AsJson = False,
    then: Annotated[Then, typer.Option(metavar="GOAL", help=GOALS)] = Then.cost,
    room: Annotated[
        Any, typer.Option("--slot", metavar="SLOT", parser=slot, help="The big instance of largest-slots.")
    ] = "16C64G",
    time_limit: Annotated[float, typer.Option(metavar="SECONDS", help="Search no longer than this.")] = 10.0,
    gap: Annotated[
        float | None,
        typer.Option(
            metavar="PART", help="Stop when every gap is at most this; 0.01 is 1 %.", show_default="1 % of cost"
        ),
    ] = None,
    workers: Annotated[int, typer.Option(metavar="N", help="Search lanes.")] = 2,
    seed: Annotated[int, typer.Option(metavar="N", help="Another seed, another search.")] = 0,
    effort: Annotated[int | None, typer.Option(metavar="N", help="Limit the search by work instead of time.")] = None,
    at: Annotated[
        Any,
        typer.Option(
            metavar="INSTANT", parser=instant, help="Plan for the time from then on (RFC 3339).", show_default="now"
        ),
    ] = None,
    moves: Annotated[int, typer.Option(metavar="N", help="Instances that run and may move.")] = 0,
    database: Database = None,
) -> None:
    """Place what a world asks for, exact to the server; without WORLD, applications of a file on the books.

    Every objective comes with a bound: the gap says how far from the best plan this one may be. Instances that are not
    placed are told with the reason; that too is an answer, with exit code 0. Bad input is 2, and nothing is written.
    """
    with exits(as_json):
        from planner.manifests.documents import Source
        from planner.manifests.validation import parse
        from planner.plans.plan import SolveOptions
        from planner.plans.solve import solve as place

        given = {"then": then.value, "slot": room, "timeLimit": time_limit, "gap": gap}
        lanes = {"workers": workers, "seed": seed, "effort": effort, "moves": moves}
        options = parse(SolveOptions, given | lanes, Source("options"))
        if output:
            can_be_written(output)
        if world is None:
            solve_on_books(database, file, options, output, as_json)
            return
        here = opened(world, file, at)
        with searching() as progress:
            plan = place(here.snapshot, here.applications, options, progress)
        if output:
            write_whole(output, plan.model_dump_json(by_alias=True, exclude_none=True, indent=1) + "\n")
        if as_json:
            machines(plan.model_dump_json(by_alias=True, exclude_none=True))
        else:
            people().print(report(plan, here.snapshot.inventory, here.applications, output, here.seconds))
