"""Too much at once: only 200 and 503, told how to go on, and all is well again right after; and many who watch."""

from __future__ import annotations

import asyncio
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from starlette.types import Message, Scope

from api.cli.demo.service import Service, service
from api.http.overload import LATE, Overload
from api.http.unread import Unread
from api.observe.watch import Watch
from benchmarks.service.asking import Client
from benchmarks.service.load import Body, Watched, at_rate, booking, watch
from benchmarks.service.processes import memory, own
from tests.api.http.test_searches import LATER, watched
from tests.api.http.test_service import long_request
from tests.api.manifests import manifest


@pytest.fixture(scope="module")
def running(edge: Path) -> Iterator[Service]:
    with service(edge) as running:
        yield running


def bodies(count: int) -> list[Body]:
    return [{"applications": booking(f"flood-{number}", {})["applications"]} for number in range(count)]


def test_a_flood_is_answered_with_200_or_503_and_leaves_nothing_behind(running: Service) -> None:
    told = at_rate(running.url, 400, 2.0, bodies(800), {})
    assert set(told.statuses) <= {200, 503}
    assert told.statuses[200] > 0
    assert set(told.codes) <= {"server.busy"}
    before = memory(running.process.pid)
    begin = time.monotonic()
    httpx.post(f"{running.url}/v1/solve", json=bodies(1)[0], timeout=30, trust_env=False).raise_for_status()
    assert time.monotonic() < begin + 5
    again = at_rate(running.url, 400, 1.0, bodies(400), {})
    assert set(again.statuses) <= {200, 503}
    assert memory(running.process.pid) < before + 50, "MiB"


def test_many_watch_and_nobody_misses_the_end(running: Service, edge: Path) -> None:
    with httpx.Client(base_url=running.url, timeout=60, trust_env=False) as client:
        where = client.post("/v1/solve", json=long_request(edge, 60), headers=LATER).headers["location"]
        ready, before, found = threading.Event(), own(running.process.pid), list[Watched]()
        watching = threading.Thread(target=lambda: found.append(watch(running.url, where, 100, {}, ready)))
        watching.start()
        assert ready.wait(30)
        assert own(running.process.pid) - before < 20, "MiB, a tenth of 1,000"
        client.post(f"{where}:cancel").raise_for_status()
        watching.join(30)
    (told,) = found
    assert told.ends == 100


def test_streams_say_that_the_server_stops(edge: Path) -> None:
    with service(edge) as running, httpx.Client(base_url=running.url, timeout=60, trust_env=False) as client:
        where = client.post("/v1/solve", json=long_request(edge, 60), headers=LATER).headers["location"]
        seen = list[str]()
        for event, _, _ in watched(client, where):
            if not seen:
                running.process.send_signal(signal.SIGTERM)
            seen.append(event)
        assert seen[-1] == "closing"
        running.process.wait(20)
        assert running.process.returncode == 0


def test_what_cannot_be_read_in_time_is_refused_unread() -> None:
    """The loop is kept busy; then a request to begin something is refused, and one to end something is not."""
    reached, answered = list[str](), list[int]()

    async def app(scope: Scope, *_: object) -> None:
        reached.append(scope["path"])

    async def send(message: Message) -> None:
        answered.append(message.get("status", 0))

    async def receive() -> Message:
        return {"type": "http.request"}

    async def story() -> None:
        guarded = Overload(app, Unread(Watch()))

        async def ask(path: str) -> None:
            scope: Scope = {"type": "http", "method": "POST", "path": path, "headers": []}
            await guarded(scope, receive, send)

        await ask("/v1/solve")
        await asyncio.sleep(0.06)
        for path in ("/v1/explain", "/v1/solve"):  # late once is a busy neighbour
            time.sleep(2 * LATE + 0.1)
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            await ask(path)
        await ask("/v1/plans/s-1:cancel")
        await asyncio.sleep(0.2)
        await ask("/v1/holds")

    asyncio.run(story())
    assert reached == ["/v1/solve", "/v1/explain", "/v1/plans/s-1:cancel", "/v1/holds"]
    assert answered[0] == 503


def test_the_client_of_the_load_reads_real_answers(running: Service) -> None:
    async def story() -> list[int]:
        client = Client(running.url)
        body = {"applications": [manifest(instances=1)]}
        answers = [
            await client.ask("POST", "/v1/solve", body),
            await client.ask("POST", "/v1/solve", {"applications": []}),
            await client.ask("GET", "/v1/none"),
        ]
        client.close()
        return [each.status for each in answers]

    assert asyncio.run(story()) == [200, 422, 404]
