"""Requests are worked on in a few threads, so that the event loop is always free to answer."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable
from concurrent.futures import Future
from functools import partial
from typing import Any, TypeVar

from api.http.problems import Refused

Answer = TypeVar("Answer")


class Pool:
    """Threads are enough: compiled loops and CP-SAT release the interpreter lock, and Python code hands it over
    every few milliseconds. Past `waiting` requests in the queue, more are refused."""

    def __init__(self, threads: int = 4, waiting: int = 64) -> None:
        self._free = asyncio.Semaphore(threads)
        self._room = threads + waiting
        self._working: set[asyncio.Task[Any]] = set()

    async def run(self, work: Callable[[threading.Event], Answer], gone: Callable[[], Awaitable[Any]]) -> Answer:
        """The result of `work(stop)`. `stop` is set when nobody waits for it any more: when `gone()` ends first, or the
        pool is closed. Raises Refused then, and when too many wait already."""
        if not self._room:
            detail = "as many requests as can be are being worked on or wait; try again in a moment"
            raise Refused(503, "server.busy", detail, {"Retry-After": "1"})
        self._room -= 1
        stop = threading.Event()
        working = asyncio.create_task(self._work(partial(work, stop)))
        leaving = asyncio.ensure_future(gone())
        self._working.add(working)
        try:
            await asyncio.wait({working, leaving}, return_when=asyncio.FIRST_COMPLETED)
            if working.cancelled():
                raise Refused(503, "server.stopping", "the server stops; ask again when it is back")
            if not working.done():
                raise Refused(499, "client.gone", "the client closed the connection")
            return working.result()
        finally:
            stop.set()
            working.cancel()
            leaving.cancel()
            self._working.discard(working)
            self._room += 1

    def close(self) -> None:
        """Whoever still waits is refused."""
        for working in self._working:
            working.cancel()

    async def _work(self, work: Callable[[], Answer]) -> Answer:
        async with self._free:
            result: Future[Answer] = Future()
            result.set_running_or_notify_cancel()  # it cannot be cancelled, only ignored
            threading.Thread(target=_fulfil, args=(result, work), daemon=True).start()
            return await asyncio.wrap_future(result)


def _fulfil(result: Future[Answer], work: Callable[[], Answer]) -> None:
    try:
        result.set_result(work())
    except BaseException as error:
        result.set_exception(error)
