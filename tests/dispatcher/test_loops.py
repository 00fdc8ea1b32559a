"""Loops that run for ever: the leader's, and lists that are kept up to date, against an API server that is played."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any, cast

from dispatcher.kube import ApiError, Kube
from dispatcher.leader import Leader
from dispatcher.mirror import Mirror
from dispatcher.tasks import Tasks


class Silent:
    """It answers once, and never again."""

    def __init__(self) -> None:
        self.asked = 0

    async def get(self, *args: str) -> None:
        self.asked += 1
        if self.asked > 1:
            await asyncio.sleep(60)

    async def request(self, *args: Any) -> dict[str, Any]:
        return {}


def test_who_cannot_renew_in_time_leads_no_more_even_if_no_answer_comes() -> None:
    async def story() -> float:
        leader = Leader(cast(Kube, Silent()), "bayplan", "one", 0.6)
        await leader.acquire()
        since = time.monotonic()
        await leader.keep()
        return time.monotonic() - since

    assert asyncio.run(story()) < 0.6, "by then another one may lead"


class Listed:
    """Answers to lists, one after the other; nothing to watch."""

    def __init__(self, *answers: Callable[[], list[dict[str, Any]]]) -> None:
        self._answers: Iterator[Callable[[], list[dict[str, Any]]]] = iter(answers)

    async def listed(self, *args: Any) -> tuple[list[dict[str, Any]], str]:
        return next(self._answers)(), "1"

    async def watch(self, *args: Any) -> AsyncIterator[tuple[str, dict[str, Any]]]:
        await asyncio.sleep(60)
        yield "", {}


def unknown() -> list[dict[str, Any]]:
    raise ApiError(404, "NotFound", "the server could not find the requested resource")


def one() -> list[dict[str, Any]]:
    return [{"metadata": {"name": "x", "resourceVersion": "1"}}]


def test_a_kind_that_nobody_knows_is_empty_only_where_it_may_be_missing() -> None:
    """Where applications are not known yet, that is no news of their end."""

    async def story(optional: bool) -> list[bool]:
        seen: list[bool] = []
        kube = Listed(unknown, one)
        mirror = Mirror(cast(Kube, kube), "Application", lambda old, new: seen.append(True), optional=optional)
        task = asyncio.create_task(mirror.run())
        await asyncio.wait_for(mirror.synced.wait(), 5)
        seen.append(False)
        task.cancel()
        return seen

    assert asyncio.run(story(True)) == [False]
    assert asyncio.run(story(False)) == [True, False]


def test_a_loop_that_fails_begins_again() -> None:
    async def story() -> int:
        count = 0
        done = asyncio.Event()

        async def work() -> None:
            nonlocal count
            count += 1
            if count == 1:
                raise KeyError("never thought of")
            done.set()
            await asyncio.sleep(60)

        tasks = Tasks()
        tasks.always(work, "work")
        await asyncio.wait_for(done.wait(), 10)
        await tasks.stop()
        return count

    assert asyncio.run(story()) == 2
