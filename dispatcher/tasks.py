"""Tasks that nobody waits for: they are kept until they end, and a failure is told and harms no other."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import Any

log = logging.getLogger(__name__)
PAUSE = 1.0


class Tasks:
    def __init__(self) -> None:
        self._running: set[asyncio.Task[None]] = set()

    def start(self, work: Coroutine[Any, Any, None], what: str) -> None:
        self._keep(_told(work, what))

    def always(self, work: Callable[[], Coroutine[Any, Any, None]], what: str) -> None:
        """Begun again whenever it fails, until it is stopped."""

        async def again() -> None:
            while True:
                await _told(work(), what)
                await asyncio.sleep(PAUSE)

        self._keep(again())

    async def stop(self) -> None:
        running = list(self._running)
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)

    def _keep(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._running.add(task)
        task.add_done_callback(self._running.discard)


async def _told(work: Coroutine[Any, Any, None], what: str) -> None:
    try:
        await work
    except Exception:
        log.exception("%s failed", what)
