"""`bayplan what-if run` and `show`: all scenarios of a file, and what they came to."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from api.cli.files import read_text
from api.cli.interrupt import STOPPED
from api.cli.progress import waiting
from api.cli.terminal import examples, exits, machines, people
from api.cli.what_if.asked import PROCESSORS, Dask, Output, Workers, executor, worked
from api.cli.worlds import AsJson

if TYPE_CHECKING:
    from planner.whatif.result import JobResult

RUN = examples(
    ("bayplan what-if run any-loss.yaml", "a summary of all scenarios"),
    ("bayplan what-if run any-loss.yaml -o results", "and keep them; the same command goes on where it was stopped"),
    ("bayplan what-if run any-loss.yaml --workers 8 --json", "in eight processes; the result as JSON on stdout"),
    ("bayplan what-if run any-loss.yaml --dask tcp://10.0.0.1:8786", "on a Dask cluster, with equal results"),
)
COMPARE = examples(("bayplan what-if compare today with-more-servers", "what the change is worth, loss by loss"))
SHOW = examples(("bayplan what-if show results", "the summary of a run, finished or not"))


def run(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A WhatIf manifest.", show_default=False)],
    output: Output = None,
    workers: Workers = PROCESSORS,
    dask: Dask = None,
    as_json: AsJson = False,
) -> None:
    """Work out every scenario of a what-if: change a copy of the base, plan again, let the referee check, and score.

    With -o results are kept as they come: a run that was stopped, or killed, goes on where it was. A scenario that
    cannot be worked out is told and does not stop the others. Exit code 0: an answer, 2: bad input, 130: stopped.
    """
    with exits(as_json):
        from planner.whatif.job import Run
        from planner.whatif.opening import opened

        text, by = read_text(file), executor(workers, dask)
        with waiting("read the base"):
            under_way = Run(opened(text, str(file), file.parent))
        complete = worked(under_way, by, output)
        _told(under_way.result(), as_json)
        if not complete:
            raise typer.Exit(STOPPED)


def show(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Results of a run.", show_default=False)],
    as_json: AsJson = False,
) -> None:
    """Tell what a run has found out so far."""
    with exits(as_json):
        from planner.whatif.result import JobResult

        _told(JobResult.kept(folder), as_json)


def compare(
    before: Annotated[Path, typer.Argument(metavar="BEFORE", help="Results of a run.", show_default=False)],
    after: Annotated[Path, typer.Argument(metavar="AFTER", help="Results of another.", show_default=False)],
    as_json: AsJson = False,
) -> None:
    """Compare two runs, scenario by scenario: what is refused, which promises hold, what it costs."""
    with exits(as_json):
        from api.cli.what_if.report import comparison
        from planner.whatif.compare import compared
        from planner.whatif.result import JobResult

        found = compared(JobResult.kept(before), JobResult.kept(after))
        if as_json:
            machines(found.model_dump_json(by_alias=True))
        else:
            people().print(comparison(found))


def _told(result: JobResult, as_json: bool) -> None:
    from api.cli.what_if.report import report

    if as_json:
        machines(result.model_dump_json(by_alias=True, exclude_none=True))
    else:
        people().print(report(result))
