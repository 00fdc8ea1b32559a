"""What all questions have in common: a base to open, somewhere to work, and the job that answers them."""

from __future__ import annotations

import os
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from api.cli.interrupt import interruptible
from api.cli.progress import bar, waiting
from api.cli.terminal import aside
from api.cli.worlds import instant

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from planner.manifests.application import Application
    from planner.whatif.base import Base
    from planner.whatif.executor import Executor
    from planner.whatif.job import Run
    from planner.whatif.manifest import Entry

PROCESSORS = os.cpu_count() or 1
Output = Annotated[
    Path | None, typer.Option("-o", "--output", metavar="DIR", help="Keep results here, each as it comes.")
]
Workers = Annotated[
    int, typer.Option(metavar="N", min=1, max=1024, help="Processes.", show_default="one per processor")
]
Dask = Annotated[str | None, typer.Option(metavar="URL", help="Scheduler of a Dask cluster, instead of processes.")]
At = Annotated[
    Any, typer.Option(metavar="INSTANT", parser=instant, help="The base as it is then (RFC 3339).", show_default="now")
]
Where = Annotated[
    list[str] | None, typer.Option("--where", metavar="KEY=VALUE", help="Only there: region=South China. Repeatable.")
]


def base(world: Path | None, database: str | None, at: datetime | None, shape: Mapping[str, int] | None = None) -> Base:
    """Of the world, or of the books without one. Raises InvalidInput."""
    from planner.store.settings import Settings
    from planner.whatif.manifest import SHAPE
    from planner.whatif.opening import of_books, of_world

    with waiting("read the base"):
        if world is not None:
            return of_world(world, at, shape or SHAPE)
        return of_books(database or Settings().database, at, shape or SHAPE)


def executor(workers: int, dask: str | None) -> Executor:
    from planner.whatif.executor.cluster import cluster
    from planner.whatif.executor.processes import processes

    return cluster(dask) if dask else processes(workers)


def asking(name: str, on: Base, entries: Sequence[Entry]) -> Run:
    """The job of one question. Raises InvalidInput."""
    from planner.manifests.documents import Source
    from planner.whatif.job import Run
    from planner.whatif.manifest import Asked
    from planner.whatif.opening import job

    return Run(job(name, on, Asked(scenarios=list(entries)), Source("options")))


def worked(under_way: Run, by: Executor, output: Path | None = None) -> bool:
    """Whether it came to its end; otherwise what is done is kept."""
    total = len(under_way.job.scenarios)
    with bar("scenarios", total) as step, interruptible(_stopping) as stopped:
        try:
            with closing(under_way.results(by, output)) as results:
                for _ in results:
                    step(len(under_way.done))
                    if stopped():
                        break
        finally:
            if output and output.is_dir():
                under_way.result().keep(output)
    if len(under_way.done) == total:
        return True
    kept = f"; the same command goes on from {output}" if output else ""
    aside().print(f"stopped: {len(under_way.done):,} of {total:,} scenarios are done{kept}")
    return False


def _stopping() -> None:
    aside().print("stopping: scenarios under way end first; Ctrl-C again stops at once")


def demanded(on: Base, file: Path | None) -> tuple[Application, ...]:
    """The applications of the file; without one, all of the base: what they lack. Raises InvalidInput."""
    from api.cli.worlds import applications_of

    return tuple(on.applications.values()) if file is None else applications_of(file, on.snapshot)
