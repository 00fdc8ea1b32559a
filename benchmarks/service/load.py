"""Load: requests at a fixed rate, whatever the answers take, and many who watch; told as latencies and counts."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from multiprocessing import get_context
from typing import Any

from benchmarks.service.asking import Answer, Client

Body = dict[str, Any]


@dataclass(slots=True)
class Told:
    """seconds: of each request, from when it was due. statuses: how often each; 0: no answer. codes: of problems."""

    seconds: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    codes: Counter[str] = field(default_factory=Counter)
    processor: float = 0.0

    def percentile(self, part: float) -> float:
        """Milliseconds."""
        ordered = sorted(self.seconds)
        return 1000 * ordered[min(len(ordered) - 1, int(part * len(ordered)))] if ordered else 0.0


def apart(do: Callable[..., Any], *arguments: object) -> Any:
    """`do(*arguments)` in a process of its own."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(do, *arguments).result()


def booking(name: str, where: dict[str, str], tenant: str = "load", commit: str = "auto") -> Body:
    """10 instances of 1C2G of an application of its own."""
    spec = {
        "runtime": "container",
        "resources": {"cpu": "1", "memory": "2Gi"},
        "demand": [{"where": where, "instances": 10}],
    }
    return {"applications": [{"metadata": {"name": name, "namespace": tenant}, "spec": spec}], "commit": commit}


def at_rate(url: str, rate: float, seconds: float, bodies: list[Body], headers: dict[str, str]) -> Told:
    """Solve requests at a rate, each of the bodies once, in turn."""
    return asyncio.run(_at_rate(Client(url, headers), rate, seconds, bodies))


async def _at_rate(client: Client, rate: float, seconds: float, bodies: list[Body]) -> Told:
    told, begin, asking = Told(), time.perf_counter(), set[asyncio.Task[None]]()
    worked = time.process_time()

    async def ask(body: Body, due: float) -> None:
        answer = await client.ask("POST", "/v1/solve", body)
        told.seconds.append(time.perf_counter() - due)
        told.statuses[answer.status] += 1
        if answer.status >= 400:
            told.codes[_code(answer)] += 1

    for number in range(round(rate * seconds)):
        due = begin + number / rate
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        task = asyncio.ensure_future(ask(bodies[number % len(bodies)], due))
        asking.add(task)
        task.add_done_callback(asking.discard)
    await asyncio.gather(*asking)
    client.close()
    told.processor = time.process_time() - worked
    return told


def _code(answer: Answer) -> str:
    try:
        return str(answer.json()["code"])
    except (ValueError, LookupError, TypeError):
        return "no problem document"


@dataclass(frozen=True, slots=True)
class Watched:
    """ends: watchers who were told of the end. events: of all of them."""

    watchers: int
    ends: int
    events: int


def watch(url: str, where: str, watchers: int, headers: dict[str, str], ready: Any) -> Watched:
    """Watch one search until its end. ready: set when all are connected."""
    return asyncio.run(_watch(Client(url, headers), where, watchers, ready.set))


async def _watch(client: Client, where: str, watchers: int, ready: Callable[[], Any]) -> Watched:
    events, ends, connected = 0, 0, 0

    async def one() -> None:
        nonlocal events, ends, connected
        async with client.stream(f"{where}/events") as reader:
            connected += 1
            if connected == watchers:
                ready()
            while line := await reader.readline():
                if line.startswith(b"event:"):
                    events += 1
                    if line.strip().endswith((b"done", b"cancelled", b"failed")):
                        ends += 1
                        return  # the connection is kept open

    await asyncio.gather(*(_after(row * 0.005, one) for row in range(watchers)))
    return Watched(watchers, ends, events)


async def _after(seconds: float, do: Callable[[], Awaitable[None]]) -> None:
    await asyncio.sleep(seconds)
    await do()
