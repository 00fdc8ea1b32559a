"""One worker process as the server sees it, and the jobs that it is at."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Protocol, cast

from api.observe.record import Record, current
from api.workers.queue import Lane
from api.workers.wire import Unpacker, packed
from api.workers.worker import Done, Looked, Together, Told, Work


@dataclass(eq=False)
class Job:
    """Work on its way to an answer. show: called with its progress. asked, begun: when, by the monotonic clock.
    together: how it may be done with others of its kind. committing: nobody knows any more whether it has happened.
    record: of the request that it is done for."""

    work: Work
    lane: Lane
    tenant: str
    done: asyncio.Future[Any]
    number: int
    show: Callable[[Any], None] | None = None
    asked: float = field(default_factory=time.monotonic)
    begun: float | None = None
    process: Process | None = None
    together: Together | None = None
    committing: bool = False
    record: Record | None = field(default_factory=current)


class Pooled(Protocol):
    """Who is told of a process."""

    def told(self, process: Process, message: Told | Done | Looked) -> None: ...
    def lost(self, process: Process) -> None: ...


class Process(asyncio.Protocol):
    """One worker process, as the server sees it: idle, or at a job. born: after how many changes of the books."""

    def __init__(self, pool: Pooled, pid: int, lanes: tuple[Lane, ...], born: int) -> None:
        self.pool, self.pid, self.lanes, self.born = pool, pid, lanes, born
        self.jobs: dict[int, Job] = {}
        self._unpacker = Unpacker()
        self._to: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._to = cast(asyncio.Transport, transport)  # what uvloop makes is one by what it can do only

    def data_received(self, data: bytes) -> None:
        for message in self._unpacker.feed(data):
            self.pool.told(self, message)

    def connection_lost(self, exc: Exception | None) -> None:
        self.pool.lost(self)

    def send(self, message: object) -> None:
        if self._to is not None:
            self._to.write(packed(message))

    def kill(self) -> None:
        with suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)

    def close(self) -> None:
        if self._to is not None:
            self._to.close()
