"""The scenes of the load on a service: bookings, a batch behind them, far too much, and many who watch."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from multiprocessing import get_context
from typing import Any

import numpy as np

from benchmarks.service.asking import Client
from benchmarks.service.load import Body, Told, Watched, apart, at_rate, booking, watch
from benchmarks.service.processes import memory, own, processor
from planner.inventory.world import World

LATER = {"Prefer": "respond-async"}
NONE: dict[str, str] = {}


@dataclass(frozen=True, slots=True)
class Scenes:
    """url, pid: of the service. world: what its books were made of, with a batch of applications that do not run.
    marker: of the names that it books. database: the process that those of PostgreSQL come from, if it is known."""

    url: str
    pid: int
    world: World
    marker: str
    database: int | None = None

    def bodies(self, scene: str, count: int, commit: str = "auto") -> list[Body]:
        """Each of an application of its own, in the province and on the carrier of some site."""
        sites = self.world.inventory.sites
        rows = np.random.default_rng(count).integers(len(sites), size=count)
        return [
            booking(f"{self.marker}-{scene}-{number}", _place(sites.attributes, int(row)), commit=commit)
            for number, row in enumerate(rows)
        ]

    def steady(self, scene: str, rate: float, seconds: float, commit: str = "auto") -> Told:
        return self._told(rate, seconds, self.bodies(scene, round(rate * seconds), commit))

    def _told(self, rate: float, seconds: float, bodies: list[Body]) -> Told:
        told = apart(at_rate, self.url, rate, seconds, bodies, NONE)
        assert isinstance(told, Told)
        return told

    def beside_a_batch(self, rate: float, seconds: float) -> tuple[Told, str]:
        """Single requests while the batch of the world is searched for, and the state of the batch at their end."""
        where = self._later({"applications": self.batch(), "options": {"timeLimit": seconds + 60, "gap": 0}})
        told = self.steady("beside", rate, seconds)
        state = str(self._ask("GET", where)["state"])
        self._ask("POST", f"{where}:cancel")
        return told, state

    def batch(self) -> list[dict[str, Any]]:
        running = {row.application for row in self.world.allocations}
        asked = (each for each in self.world.applications if each.id not in running)
        return [each.model_dump(mode="json", by_alias=True) for each in asked]

    def too_much(self, rate: float, seconds: float) -> tuple[Told, list[float]]:
        """Far more than can be served; and memory, in MiB, every second of it."""
        sizes, over = list[float](), threading.Event()

        def look() -> None:
            while not over.wait(1.0):
                sizes.append(memory(self.pid))

        looking = threading.Thread(target=look)
        looking.start()
        told = self.steady("flood", rate, seconds)
        over.set()
        looking.join()
        return told, sizes

    def watchers(self, count: int) -> tuple[Watched, float]:
        """So many watch one search; and what they cost the process that serves them, in MiB. (The search is another's,
        and what it needs is not theirs.)"""
        where = self._later({"applications": self.batch(), "options": {"timeLimit": 600, "gap": 0}})
        before, context = own(self.pid), get_context("spawn")
        with context.Manager() as manager:
            ready, found = manager.Event(), list[Watched]()
            watching = threading.Thread(
                target=lambda: found.append(apart(watch, self.url, where, count, NONE, ready)),
            )
            watching.start()
            ready.wait(120)
            time.sleep(3)
            more = own(self.pid) - before
            self._ask("POST", f"{where}:cancel")
            watching.join()
        return found[0], more

    def worked(self) -> float:
        return processor(self.pid)

    def stored(self) -> float:
        """Seconds that PostgreSQL has worked."""
        return processor(self.database) if self.database else 0.0

    def _later(self, body: Any) -> str:
        return f"/v1/plans/{self._ask('POST', '/v1/solve', body, LATER)['id']}"

    def _ask(self, method: str, path: str, body: Any = None, headers: dict[str, str] = NONE) -> Any:
        async def one() -> Any:
            client = Client(self.url)
            answer = await client.ask(method, path, body, headers)
            client.close()
            assert 200 <= answer.status < 300, (path, answer.status, answer.content[:300])
            return answer.json()

        return asyncio.run(one())


def _place(attributes: Any, row: int) -> dict[str, str]:
    return {key: attributes[key][row].split(";")[0] for key in ("province", "carrier")}


def settled(scenes: Scenes, rate: float, seconds: float, most: float) -> Iterator[tuple[float, Told]]:
    """(seconds since, a second of load) until half of its requests take at most `most` ms."""
    begin = time.perf_counter()
    number = 0
    while time.perf_counter() < begin + seconds:
        told = scenes.steady(f"after{number}", rate, 1.0)
        yield time.perf_counter() - begin, told
        if told.percentile(0.5) <= most and set(told.statuses) == {200}:
            return
        number += 1
