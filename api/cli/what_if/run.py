"""`bayplan what-if run` and `show`: all scenarios of a file, and what they came to."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from api.cli.files import read_text
from api.cli.progress import bar, waiting
from api.cli.terminal import aside, examples, exits, machines, people
from api.cli.worlds import AsJson

if TYPE_CHECKING:
    from planner.whatif.executor import Executor
    from planner.whatif.job import Run
    from planner.whatif.result import JobResult

STOPPED = 130
PROCESSORS = os.cpu_count() or 1
RUN = examples(
    ("bayplan what-if run any-site.yaml", "a summary of all scenarios"),
    ("bayplan what-if run any-site.yaml -o results", "and keep them; the same command goes on where it was stopped"),
    ("bayplan what-if run any-site.yaml --workers 8 --json", "in eight processes; the result as JSON on stdout"),
    ("bayplan what-if run any-site.yaml --dask tcp://10.0.0.1:8786", "on a Dask cluster, with equal results"),
)
SHOW = examples(("bayplan what-if show results", "the summary of a run, finished or not"))

WhatIfFile = Annotated[Path, typer.Argument(metavar="FILE", help="A WhatIf manifest.", show_default=False)]
Output = Annotated[
    Path | None, typer.Option("-o", "--output", metavar="DIR", help="Keep results here, each as it comes.")
]
Workers = Annotated[
    int, typer.Option(metavar="N", min=1, max=1024, help="Processes.", show_default="one per processor")
]
Dask = Annotated[str | None, typer.Option(metavar="URL", help="Scheduler of a Dask cluster, instead of processes.")]


def run(
    file: WhatIfFile,
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
        from planner.whatif.executor.cluster import cluster
        from planner.whatif.executor.processes import processes
        from planner.whatif.job import Run
        from planner.whatif.opening import opened

        text = read_text(file)
        executor = cluster(dask) if dask else processes(workers)
        with waiting("read the base"):
            job = opened(text, str(file), file.parent)
        under_way = Run(job)
        complete = _worked(under_way, executor, output)
        result = under_way.result()
        if output:
            result.keep(output)
        _told(result, as_json)
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


def _worked(under_way: Run, executor: Executor, output: Path | None) -> bool:
    """Whether it came to its end; otherwise what is done is told."""
    total = len(under_way.job.scenarios)
    with bar("scenarios", total) as step:
        try:
            for _ in under_way.results(executor, output):
                step(len(under_way.done))
        except KeyboardInterrupt:
            kept = f"; the same command goes on from {output}" if output else ""
            aside().print(f"stopped: {len(under_way.done):,} of {total:,} scenarios are done{kept}", highlight=False)
            return False
    return True


def _told(result: JobResult, as_json: bool) -> None:
    from api.cli.what_if.report import report

    if as_json:
        machines(result.model_dump_json(by_alias=True, exclude_none=True))
    else:
        people().print(report(result))
