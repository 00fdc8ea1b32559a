"""`bayplan what-if report`: a run as one HTML page, alone or against another run."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from api.cli.files import can_be_written, write_whole
from api.cli.terminal import examples, exits, machines, people
from api.cli.worlds import AsJson

REPORT = examples(
    ("bayplan what-if report results -o report.html", "open it in any browser; it needs no network"),
    ("bayplan what-if report now -o report.html --against before", "with what has changed since another run"),
)


def report(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Results of a run.", show_default=False)],
    out: Annotated[Path, typer.Option("-o", "--out", metavar="FILE", help="The page.")] = Path("report.html"),
    against: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Results of another run, to compare with.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Write a run as one HTML page: sites on a map by utilisation, refusals, promises by loss, cost against admission.

    Numbers show where the pointer is; light or dark as the reader likes; it prints. Exit code 0: written, 2: bad input.
    """
    with exits(as_json):
        from api.report import page
        from planner.whatif.compare import compared
        from planner.whatif.result import JobResult

        can_be_written(out)
        result = JobResult.kept(folder)
        comparison = compared(JobResult.kept(against), result) if against is not None else None
        write_whole(out, page(result, comparison))
        if as_json:
            machines({"report": str(out)})
        else:
            people().print(Text(f"{result.name}: {out}"))
