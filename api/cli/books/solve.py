"""`bayplan solve` without a world: a plan on the books, kept there under its name."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from api.cli.books.opened import applications_of, by, opened
from api.cli.files import write_whole
from api.cli.progress import searching, waiting
from api.cli.report import report
from api.cli.terminal import machines, people
from api.cli.there import answered, manifests_of, there

if TYPE_CHECKING:
    from planner.inventory.inventory import Inventory
    from planner.manifests.application import Application
    from planner.plans.plan import Plan, SolveOptions


def solve_on_books(
    database: str | None, file: Path | None, options: SolveOptions, output: Path | None, as_json: bool
) -> None:
    """Nothing is booked; `bayplan commit PLAN` does that, as long as the plan holds."""
    if file is None:
        raise typer.BadParameter("expected WORLD, or --file with applications to place on the books")
    if there() is not None:
        _there(file, options, output, as_json)
        return
    with opened(database, as_json) as books:
        from planner.ledger import commit as ledger

        applications = applications_of(file, books)
        with searching() as progress:
            decision = ledger.plan(books, applications, options, by(None), progress)
        _show(decision.plan, books.seen().snapshot.inventory, applications, output, as_json)


def _there(file: Path, options: SolveOptions, output: Path | None, as_json: bool) -> None:
    from planner.plans.plan import Plan

    applications = manifests_of(file)
    with waiting("solve"):
        told = answered(lambda ask: ask.solve(applications, options), as_json)
    _show(Plan.model_validate(told, extra="ignore"), None, applications, output, as_json)


def _show(
    plan: Plan,
    inventory: Inventory | None,
    applications: Sequence[Application],
    output: Path | None,
    as_json: bool,
) -> None:
    """inventory: None when it is somewhere else."""
    if output:
        write_whole(output, plan.model_dump_json(by_alias=True, exclude_none=True, indent=1) + "\n")
    if as_json:
        machines(plan.model_dump_json(by_alias=True, exclude_none=True))
        return
    people().print(report(plan, inventory, applications, output))
    people().print(f"bayplan commit {plan.plan}", style="dim")
