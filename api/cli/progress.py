"""What a person sees while waiting: one line that moves, on a terminal only."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar

from api.cli.terminal import aside
from api.cli.words import percent

if TYPE_CHECKING:
    from planner.plans.solve import Progress


@contextmanager
def waiting(what: str) -> Iterator[Callable[[], float]]:
    """A spinner beside `what`; afterwards the call gives the seconds that it took."""
    begin = time.perf_counter()
    took: list[float] = []
    with aside().status(f"{what} ..."):
        yield lambda: took[0]
    took.append(time.perf_counter() - begin)


@contextmanager
def searching() -> Iterator[Callable[[Progress], None] | None]:
    """A callback that shows where a search is: its step, its gap and what is still left out."""
    console = aside()
    if not console.is_terminal:
        yield None
        return
    with console.status("solve ...") as status:
        yield lambda progress: status.update(line(progress))


def line(progress: Progress) -> str:
    left = f", worth {progress.unplaced:,} left out" if progress.unplaced else ""
    return f"{progress.stage}: {progress.seconds:.0f} s, gap {percent(progress.gap)}{left}"


@contextmanager
def bar(what: str, total: int) -> Iterator[Callable[[int], None]]:
    """A bar with the time that is left; the call says how many are done. Nothing where stderr is no terminal.

    It draws when it is told to: a thread of its own would be in the way of processes that are forked meanwhile."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    console = aside()
    with Bar(*columns, console=console, auto_refresh=False, transient=True, disable=not console.is_terminal) as made:
        task = made.add_task(what, total=total)

        def step(done: int) -> None:
            made.update(task, completed=done)
            made.refresh()

        yield step
