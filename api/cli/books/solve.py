"""`bayplan solve` without a world: a plan on the books, kept there under its name."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from api.cli.books.opened import applications_of, by, opened
from api.cli.files import write_whole
from api.cli.progress import searching
from api.cli.report import report
from api.cli.terminal import machines, people
from api.cli.worlds import Opened

if TYPE_CHECKING:
    from planner.plans.plan import SolveOptions


def solve_on_books(
    database: str | None, file: Path | None, options: SolveOptions, output: Path | None, as_json: bool
) -> None:
    """Nothing is booked; `bayplan commit PLAN` does that, as long as the plan holds."""
    if file is None:
        raise typer.BadParameter("expected WORLD, or --file with applications to place on the books")
    with opened(database, as_json) as books:
        from planner.ledger import commit as ledger

        applications = applications_of(file, books)
        with searching() as progress:
            decision = ledger.plan(books, applications, options, by(None), progress)
        plan = decision.plan
        if output:
            write_whole(output, plan.model_dump_json(by_alias=True, exclude_none=True, indent=1) + "\n")
        if as_json:
            machines(plan.model_dump_json(by_alias=True, exclude_none=True))
            return
        here = Opened(books.seen().snapshot, applications, 0.0)
        people().print(report(plan, here, output))
        people().print(f"bayplan commit {plan.plan}", style="dim")
