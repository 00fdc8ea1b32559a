"""Processes of this machine: they are forked once the base is read, and share its memory."""

from __future__ import annotations

import gc
import multiprocessing
import signal
from collections.abc import Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager

from planner.whatif.base import Base
from planner.whatif.executor import Executor, Results, attempt, here, lost
from planner.whatif.result import ScenarioResult
from planner.whatif.scenarios import Scenario

AHEAD = 2
"""Scenarios that wait for each worker, so that none is idle and few are in vain when a job is cancelled."""
_base: list[Base] = []


def processes(workers: int) -> Executor:
    """As many as that. When one dies, others do its work."""
    return here if workers == 1 else lambda base, scenarios: _spread(base, scenarios, workers)


def _spread(base: Base, scenarios: Mapping[int, Scenario], workers: int) -> Results:
    """When a process dies, nobody knows which scenario it was: those that were under way are tried again one by one,
    and one that does it again when it is alone is given up."""
    waiting, alone = dict(scenarios), dict[int, Scenario]()
    while waiting or alone:
        width, batch = (1, dict([alone.popitem()])) if alone else (workers, waiting)
        with _pool(base, width) as pool:
            under_way = dict[int, Scenario]()
            yield from _drained(pool, batch, under_way, width * AHEAD)
        if width == 1:
            yield from ((number, lost(each, "its worker died, twice")) for number, each in under_way.items())
        else:
            alone = under_way


def _drained(
    pool: ProcessPoolExecutor, waiting: dict[int, Scenario], under_way: dict[int, Scenario], most: int
) -> Results:
    """Until nothing waits, or the pool breaks: then `under_way` is what it was about."""
    futures: dict[Future[ScenarioResult], int] = {}
    while waiting or futures:
        while waiting and len(futures) < most:
            number = next(iter(waiting))
            under_way[number] = waiting.pop(number)
            try:
                futures[pool.submit(_work, under_way[number])] = number
            except BrokenProcessPool:
                return
        for future in wait(futures, return_when=FIRST_COMPLETED).done:
            number = futures.pop(future)
            if isinstance(future.exception(), BrokenProcessPool):
                continue
            del under_way[number]
            yield number, future.result()
        if not futures and under_way:
            return


@contextmanager
def _pool(base: Base, workers: int) -> Iterator[ProcessPoolExecutor]:
    """Forked where that is possible: nothing is copied until it is written to."""
    methods = multiprocessing.get_all_start_methods()
    context = multiprocessing.get_context("fork" if "fork" in methods else "spawn")
    gc.collect()
    gc.freeze()  # else the first collection in a worker writes to every object, and copies it
    pool = ProcessPoolExecutor(workers, context, _start, (base,))
    try:
        yield pool
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
        gc.unfreeze()


def _start(base: Base) -> None:
    """Ctrl-C is for the parent, which lets workers end what they are at."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _base[:] = [base]


def _work(scenario: Scenario) -> ScenarioResult:
    return attempt(_base[0], scenario)
