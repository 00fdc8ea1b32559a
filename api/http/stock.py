"""Stock: what there is, for the metrics; a worker adds it up now and then, and what it said last counts until then."""

from __future__ import annotations

import asyncio
import logging
import time

from api.workers.desk import Desk
from api.workers.pool import Pool
from planner.ledger.books import Books
from planner.ledger.capacity import Capacity, capacity, world_capacity

log = logging.getLogger(__name__)
AGE = 15.0
"""Seconds after which it is added up again."""
PATIENCE = 2.0
"""Seconds that whoever asks waits for it."""


class Stock:
    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._work: asyncio.Task[None] | None = None
        self._at = 0.0

    async def refresh(self) -> None:
        """Give the metrics what there is now, unless they were told lately."""
        now = time.monotonic()
        if self._work is None or (self._work.done() and now - self._at > AGE):
            self._at, self._work = now, asyncio.create_task(self._tell())
        await asyncio.wait({self._work}, timeout=PATIENCE)

    async def _tell(self) -> None:
        try:
            self._pool.watch.metrics.has(await self._pool.run(added_up, lane="short"))
        except Exception as error:
            log.warning("capacity could not be added up; trying again", extra={"fault": str(error)})


def added_up(desk: Desk) -> list[Capacity]:
    """In a worker."""
    if isinstance(desk.source, Books):
        return capacity(desk.source.picture(), desk.now())
    return world_capacity(desk.source)
