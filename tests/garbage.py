"""What is left to the garbage collector."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

from planner.inventory.snapshot import Snapshot
from solver.problem import Problem


@contextmanager
def nothing_left() -> Iterator[None]:
    """No problem or snapshot more than before is there afterwards, without a collector that finds it."""
    gc.collect()
    gc.disable()
    try:
        before = _alive()
        yield
        assert _alive() == before
    finally:
        gc.enable()


def _alive() -> int:
    return sum(type(each) in (Problem, Snapshot) for each in gc.get_objects())
