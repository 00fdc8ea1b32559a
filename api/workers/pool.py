"""The pool: a bounded queue before a few worker processes; one that dies costs one answer, and is replaced."""

from __future__ import annotations

import asyncio
import logging
import signal
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import partial
from itertools import count
from typing import Any

from api.http.problems import Refused
from api.observe.record import resumed
from api.observe.watch import Watch
from api.workers.choice import Choice
from api.workers.desk import Longer, Seen
from api.workers.process import Job, Process
from api.workers.queue import LANES, Lane, Queue
from api.workers.renewal import Renewal
from api.workers.worker import COMMITTING, Done, Hand, Looked, Stop, Together, Told, Work
from api.workers.zygote import Zygote

WAITING = 64
"""How many may wait in each lane."""
NICE = 10
"""Of processes that do long work: on few cores short work goes first."""
PATIENCE = 1.0
"""Seconds of the processor that a single request may take where no batch is; then it is begun again with batches."""
BACK = 1
"""Seconds after which who was refused may ask again."""
log = logging.getLogger(__name__)


class Pool:
    """The processes, and the work on its way to them and back."""

    def __init__(
        self,
        zygote: Zygote,
        workers: int,
        waiting: int = WAITING,
        watch: Watch | None = None,
    ) -> None:
        """watch: told what happens. fault, of what it makes: why the books cannot be read; empty when they can."""
        self.zygote, self.workers, self.watch = zygote, workers, watch or Watch()
        self.queue: Queue[Job] = Queue(waiting)
        self.choice = Choice(self.queue, workers)
        self.seen = zygote.ready()
        self.processes: list[Process] = []
        self.renewal = Renewal()
        self.stopping, self.fault = False, ""
        self._numbers = count(1)
        self._tasks: set[asyncio.Task[None]] = set()

    async def open(self) -> None:
        """In the event loop that it is used from."""
        waiting = {lane: partial(self.queue.waiting, lane) for lane in LANES}
        self.watch.metrics.workers(lambda: len(self.alive), self._busy, waiting)
        for row in range(self.workers):
            await self._start(row)

    async def run(
        self,
        work: Work,
        *,
        lane: Lane,
        tenant: str = "",
        gone: Callable[[], Awaitable[Any]] | None = None,
        show: Callable[[Any], None] | None = None,
        together: Together | None = None,
    ) -> Any:
        """The result of `work(desk)` in a worker. gone: ends when nobody waits for it any more, and neither does the
        work then. Raises what the work raises, and Refused: too many wait, the worker died, the server stops."""
        job = self.submit(work, lane=lane, tenant=tenant, show=show, together=together)
        leaving = None if gone is None else asyncio.ensure_future(gone())
        try:
            if leaving is None:
                return await job.done
            await asyncio.wait({job.done, leaving}, return_when=asyncio.FIRST_COMPLETED)
            if not job.done.done():
                raise Refused(499, "client.gone", "the client closed the connection")
            return job.done.result()
        finally:
            if leaving is not None:
                leaving.cancel()
            if not job.done.done():
                self.stop(job, keep=False)

    def submit(
        self,
        work: Work,
        *,
        lane: Lane,
        tenant: str = "",
        show: Callable[[Any], None] | None = None,
        together: Together | None = None,
    ) -> Job:
        """A job whose `done` will have the result. Raises Refused when too many wait."""
        if self.stopping:
            raise _stopping()
        job = Job(
            work, lane, tenant, asyncio.get_running_loop().create_future(), next(self._numbers), show, together=together
        )
        if (out := self.queue.put(job)) is not None:
            if out is job:
                raise busy()
            _fail(out, busy())
        self._hand_out()
        return job

    def stop(self, job: Job, *, keep: bool) -> None:
        """End it, with what it has (keep), or at once, as nobody waits for it. What is done together with more, which
        takes no time, is done to its end: the others wait for it."""
        if self.queue.leave(job):
            _fail(job, Refused(499, "client.gone", "nobody waits for it"))
        elif job.process is not None:
            if len(job.process.jobs) == 1:
                job.process.send(Stop(job.number, keep))
            if not keep:
                job.done.cancel()

    def drain(self) -> None:
        """No more work: who waits is refused; who is worked for is answered."""
        self.stopping = True
        for job in self.queue.clear():
            _fail(job, _stopping())

    def close(self) -> None:
        """What is still worked at is refused. A commit that has begun is finished by its process."""
        self.drain()
        for process in self._every:
            for job in process.jobs.values():
                _fail(job, _stopping())
                process.send(Stop(job.number, keep=False))

    async def shut(self) -> None:
        """Every process has ended afterwards."""
        self.close()
        for task in self._tasks:
            task.cancel()
        for process in self._every:
            process.close()
        await asyncio.to_thread(self.zygote.close)

    def told(self, process: Process, message: Told | Done | Looked) -> None:
        if isinstance(message, Looked):
            if message.fault and message.fault != self.fault:
                log.error("the books could not be read; trying again", extra={"fault": message.fault})
            self.fault = message.fault
            self._saw(message.seen)
            self._renew(process, message.seen)
            return
        job = process.jobs.get(message.number)
        if job is None:
            return
        if isinstance(message, Told):
            if message.progress == COMMITTING:
                for each in process.jobs.values():
                    each.committing = True
            elif job.show is not None:
                job.show(message.progress)
            return
        del process.jobs[job.number]
        self._saw(message.seen)
        if isinstance(message.error, Longer):
            self._again(job)
            return
        for made in message.made:
            self.watch.planned(job.record, made)
        if message.trace:
            with resumed(job.record):
                log.error("a request failed", extra={"exception": message.trace})
        if message.error is not None:
            _fail(job, message.error)
        elif not job.done.done():
            job.done.set_result(message.result)
        self._renew(process, message.seen)
        self._hand_out()

    def _again(self, job: Job) -> None:
        """Where long work is done."""
        job.lane, job.process, job.begun = "long", None, None
        if self.stopping:
            _fail(job, _stopping())
        elif (out := self.queue.put(job)) is not None:
            _fail(out, busy())
        self._hand_out()

    def _saw(self, seen: Seen) -> None:
        """Of two workers one may be behind."""
        if not seen.books or int(seen.generation) >= int(self.seen.generation):
            self.seen = seen

    def lost(self, process: Process) -> None:
        """A process ended that was not told to."""
        if process not in self._every:
            return
        replaced, process.lanes = process in self.renewal.leaving, ()
        self.renewal.leaving.discard(process)
        record = next((job.record for job in process.jobs.values()), None)
        for job in reversed(process.jobs.values()):
            if len(process.jobs) == 1 or job.committing or self.stopping:
                _fail(job, _lost())
            else:  # one of them was too much for it: each by itself
                job.process, job.begun, job.together = None, None, None
                self.queue.back(job)
        process.jobs.clear()
        if not self.stopping:
            self.watch.metrics.restarted()
            with resumed(record):
                log.error("a worker process ended; another one takes its place", extra={"pid": process.pid})
            if not replaced:
                self._later(self._start(self.processes.index(process)))
            self._hand_out()

    def _renew(self, process: Process, seen: Seen) -> None:
        """A new one takes its place when it is its turn; it ends once that is there and it is idle."""
        if process in self.renewal.leaving:
            if process not in self.processes and not process.jobs:
                self.renewal.leaving.discard(process)
                process.close()
        elif not self.stopping and process in self.processes and self.renewal.begins(process, seen):
            self._later(self._start(self.processes.index(process)))

    async def _start(self, row: int) -> None:
        lanes = self.choice.lanes(row)
        try:
            pid, end, changes = await asyncio.to_thread(self.zygote.fork, 0 if "book" in lanes else NICE)
        except EOFError:
            log.critical("the process that workers come from has ended: the server stops")
            signal.raise_signal(signal.SIGTERM)
            return
        loop = asyncio.get_running_loop()
        _, process = await loop.create_unix_connection(partial(Process, self, pid, lanes, changes), sock=end)
        if row < len(self.processes):
            self.processes[row].lanes = ()
            self.processes[row] = process
        else:
            self.processes.append(process)
        self._hand_out()

    @property
    def _every(self) -> list[Process]:
        return [*self.processes, *self.renewal.leaving]

    @property
    def alive(self) -> list[Process]:
        """Those that take work."""
        return [process for process in self.processes if process.lanes]

    def _busy(self) -> int:
        return sum(bool(process.jobs) for process in self.processes)

    def _hand_out(self) -> None:
        for chosen in (self.choice.own, self.choice.any):
            for row, process in enumerate(self.processes):
                if process.lanes and not process.jobs and (jobs := chosen(row)):
                    hands = [self._handed(process, job) for job in jobs]
                    process.send(replace(hands[0], more=tuple(hands[1:])))

    def _handed(self, process: Process, job: Job) -> Hand:
        job.process, job.begun = process, time.monotonic()
        process.jobs[job.number] = job
        patience = PATIENCE if "long" not in process.lanes else None
        request = "" if job.record is None else job.record.id
        self.watch.metrics.waited(job.lane, job.begun - job.asked)
        together = None if job.together is None else job.together.do
        return Hand(job.number, job.work, job.show is not None, patience, request, together)

    def _later(self, work: Any) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def busy() -> Refused:
    return Refused(503, "server.busy", "as many requests wait as may", {"Retry-After": str(BACK)})


def _lost() -> Refused:
    detail = "the process that worked on it ended; ask again, with the same Idempotency-Key if it books"
    return Refused(503, "worker.lost", detail, {"Retry-After": str(BACK)})


def _stopping() -> Refused:
    return Refused(503, "server.stopping", "the server stops; ask again when it is back", {"Retry-After": "5"})


def _fail(job: Job, error: BaseException) -> None:
    if not job.done.done():
        job.done.set_exception(error)
        job.done.exception()  # nobody may be there to look at it
