"""The follower: reservations that lost room are put elsewhere between decisions, without anybody asking for it.

Each server has one. Several on the same books look at the same time, and the books let one of them through.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter
from functools import partial
from typing import Literal

from api.workers.desk import Desk
from api.workers.pool import Pool
from planner.ledger import heal
from planner.ledger.books import By
from planner.ledger.losses import Looks

log = logging.getLogger(__name__)
EVERY = 0.5
"""Seconds between two looks at what the workers see."""
FAILURES = 3
"""After which the rest has to wait: a reservation that fails does not keep the others, the database may be away."""
Found = heal.Outcome | Literal["failed"]


class Follower:
    """In the event loop of the pool, from `open` to `close`; it does nothing over a world."""

    def __init__(self, pool: Pool) -> None:
        self._pool, self._looks = pool, Looks()
        self._task: asyncio.Task[None] | None = None
        self._left = 0

    def open(self) -> None:
        if self._pool.seen.books:
            self._task = asyncio.create_task(self._follow())

    def close(self) -> None:
        if self._task is not None:
            self._task.cancel()

    async def _follow(self) -> None:
        while True:
            await asyncio.sleep(EVERY)
            if not self._pool.stopping and self._looks.due(self._pool.seen.losses, time.monotonic()):
                await self._look()

    async def _look(self) -> None:
        """One reservation after the other, each behind whatever else is to be done by then."""
        begin, upto, lost = time.monotonic(), int(self._pool.seen.generation), list[str]()
        found: Counter[Found] = Counter()
        try:
            upto, lost = await self._pool.run(_lost, lane="long")
        except Exception as error:
            self._failed(error, found)
        for each in lost:
            try:
                outcome: heal.Outcome = await self._pool.run(partial(_put_elsewhere, each), lane="long")
                self._tell(each, outcome)
                found[outcome] += 1
            except Exception as error:
                self._failed(error, found, reservation=each)
                if found["failed"] == FAILURES:
                    break
        now = time.monotonic()
        self._looks.done(upto, now - begin, now, raced=found["raced"] > 0, failed=found["failed"] > 0)
        if found["waiting"] != self._left and not found["failed"]:
            self._left = found["waiting"]
            log.info("degraded reservations without room elsewhere", extra={"reservations": self._left})

    def _failed(self, error: Exception, found: Counter[Found], **told: str) -> None:
        found["failed"] += 1
        log.warning("no look for room elsewhere; trying again", extra={"fault": str(error), **told})

    def _tell(self, reservation: str, outcome: heal.Outcome) -> None:
        if outcome == "moved":
            self._pool.watch.metrics.healed()
            log.info("a degraded reservation was put elsewhere", extra={"reservation": reservation})


def _lost(desk: Desk) -> tuple[int, list[str]]:
    """(generation, reservations that have lost something)."""
    picture = desk.books.picture()
    return picture.generation, sorted(heal.lost(picture))


def _put_elsewhere(reservation: str, desk: Desk) -> heal.Outcome:
    return heal.put_elsewhere(desk.books, reservation, By("follower"))
