"""Starts the zygote over a world or over books; it is closed at the end, with all that came from it."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime

from api.workers.desk import Desk
from api.workers.pool import WAITING, Pool
from api.workers.zygote import Zygote
from planner.inventory.snapshot import Snapshot
from planner.inventory.world import World
from planner.ledger.books import Books


def cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def default() -> int:
    """Two more than there are cores: on two of them two book, and of the two others one is there for a hard single
    request, or for an explanation, while the other searches for a batch."""
    return cores() + 2


@contextmanager
def zygote(read: Callable[[], World | Books], private: Sequence[socket.socket] = ()) -> Iterator[Zygote]:
    """read: called in the new process. To be started before anything that makes threads. Its `ready`
    raises what `read` raises."""
    made = Zygote(lambda: _desk(read()), private)
    try:
        yield made
    finally:
        made.close()


@contextmanager
def pool(read: Callable[[], World | Books], workers: int | None = None, waiting: int = WAITING) -> Iterator[Pool]:
    """Over what `read` returns, ready to be opened by an app."""
    with zygote(read) as made:
        yield Pool(made, workers or default(), waiting)


def _desk(source: World | Books) -> Desk:
    if isinstance(source, World):
        return Desk(Snapshot.of(source, datetime.now(UTC)))
    source.followed = True
    return Desk(source)
