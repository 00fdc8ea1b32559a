"""The pool: bounded, and no work goes on for a client that left."""

from __future__ import annotations

import asyncio
import threading
import time

import pytest

from api.http.pool import Pool
from api.http.problems import Refused


async def forever() -> None:
    await asyncio.Event().wait()


def until(stop: threading.Event) -> bool:
    return stop.wait(10)


def test_results_and_errors_come_back() -> None:
    async def story() -> int:
        pool = Pool()
        with pytest.raises(ZeroDivisionError):
            await pool.run(lambda _: 1 // 0, forever)
        return await pool.run(lambda _: 42, forever)

    assert asyncio.run(story()) == 42


def test_past_its_queue_it_refuses() -> None:
    async def story() -> Refused:
        pool = Pool(threads=1, waiting=1)
        busy = [asyncio.create_task(pool.run(until, forever)) for _ in range(2)]
        await asyncio.sleep(0.05)
        with pytest.raises(Refused) as refused:
            await pool.run(until, forever)
        for task in busy:
            task.cancel()
        await asyncio.gather(*busy, return_exceptions=True)
        assert await pool.run(lambda _: True, forever), "there is room again"
        return refused.value

    refused = asyncio.run(story())
    assert (refused.status, refused.code) == (503, "server.busy")
    assert refused.headers == {"Retry-After": "1"}


def test_work_is_told_that_the_client_left() -> None:
    told = threading.Event()

    def work(stop: threading.Event) -> None:
        if stop.wait(10):
            told.set()

    async def story() -> None:
        with pytest.raises(Refused):
            await Pool().run(work, lambda: asyncio.sleep(0.05))

    begin = time.perf_counter()
    asyncio.run(story())
    assert told.wait(5)
    assert time.perf_counter() - begin < 5
