"""Choice: which work a process does next, and what else together with it.

Work that changes the books and single requests have processes of their own, so that no batch is before them; the others
do long work, and short work while there is none. Of those that book each has its own places, so that two seldom want
the same room; who is idle helps the others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from api.workers.process import Job
from api.workers.queue import Lane, Queue

TOGETHER = 16
"""How many bookings are made in one transaction at most: a tenth of a second of work."""


class Choice:
    """For so many processes, each known by its row."""

    def __init__(self, queue: Queue[Job], workers: int) -> None:
        self.queue, self.workers = queue, workers
        self.bookers = 1 if workers < 4 else max(2, workers // 4)

    def lanes(self, row: int) -> tuple[Lane, ...]:
        """Of this process, the first first."""
        if self.workers == 1:
            return ("book", "short", "long")
        return ("book", "short") if row < self.bookers else ("long", "short")

    def own(self, row: int) -> list[Job]:
        """What this process does next, of bookings only those of its own places; empty when there is nothing."""
        return self._next(row, lambda job: job.lane != "book" or self._booker(job) == row)

    def any(self, row: int) -> list[Job]:
        """The same, and it helps the others that book."""
        return self._next(row, lambda _: True)

    def _next(self, row: int, wanted: Callable[[Job], bool]) -> list[Job]:
        for lane in self.lanes(row):
            if (job := self._take(lane, wanted)) is not None:
                return [job, *self._mates(job)]
        return []

    def _mates(self, job: Job) -> Iterator[Job]:
        together = job.together

        def mate(other: Job) -> bool:
            same = together is not None and other.together is not None and other.together.do is together.do
            return same and self._booker(other) == self._booker(job)

        for _ in range(TOGETHER - 1 if together is not None else 0):
            other = self._take(job.lane, mate)
            if other is None:
                return
            yield other

    def _booker(self, job: Job) -> int:
        """The row of the process that has its place."""
        return job.together.place % self.bookers if job.together is not None else 0

    def _take(self, lane: Lane, wanted: Callable[[Job], bool]) -> Job | None:
        while (job := self.queue.take((lane,), wanted)) is not None:
            if not job.done.done():
                return job
        return None
