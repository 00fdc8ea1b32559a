"""What a person sees while waiting: one line that moves, on a terminal only."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from api.cli.terminal import aside

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


def percent(part: float) -> str:
    """`0 %`, `0.03 %`, `12 %`: two digits that count, and never 0 for something that is not."""
    share = 100 * part
    if share == 0:
        return "0 %"
    return f"{share:.0f} %" if share >= 10 else f"{share:.1f} %" if share >= 1 else f"{max(share, 0.01):.2f} %"


def duration(seconds: float) -> str:
    return f"{seconds:.1f} s" if seconds >= 1 else f"{1000 * seconds:.0f} ms"
