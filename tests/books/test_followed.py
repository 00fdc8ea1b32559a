"""A service mends what a loss has degraded by itself: soon, again when room returns, and once for all replicas."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from planner.ledger import heal, stock
from planner.ledger.balance import balance
from planner.ledger.books import Books, By
from planner.store import audit
from planner.store.settings import Settings
from tests.api.http.served import served
from tests.books.asking import ME, until
from tests.databases import Clock, made, new_database, opened
from tests.worlds import server, site, world

Service = Callable[[], TestClient]
ROOMS = [server(f"{at}{row}", site=at, cpu=10_000, memory=40_960) for at in ("gz", "sz") for row in (1, 2)]
EDGE = world(site("gz"), site("sz"), *ROOMS)


def opening(database: str, clock: Clock) -> Callable[[], Books]:
    return lambda: Books.open(Settings(database=database), clock)


@pytest.fixture
def service(database: str, clock: Clock) -> Iterator[Service]:
    """Starts one more service on the books."""
    with opened(database, clock) as books:
        stock.import_world(books, EDGE, ME)
    with ExitStack() as stack:
        yield lambda: stack.enter_context(served(opening(database, clock)))
    with opened(database, clock) as books:
        assert balance(books) == []


def application(name: str, cpu: int, instances: int, site: str | None = None, tenant: str = "acme") -> dict[str, Any]:
    demand: dict[str, Any] = {"instances": instances} | ({"where": {"site": site}} if site else {})
    spec = {"runtime": "vm", "resources": {"cpu": cpu}, "demand": [demand]}
    return {"metadata": {"name": name, "namespace": tenant}, "spec": spec}


def reserve(client: TestClient, name: str, **spec: Any) -> None:
    promise = {"metadata": {"name": name, "namespace": "acme"}, "spec": spec}
    client.post("/v1/reservations", json=promise).raise_for_status()


def turn(client: TestClient, site: str, state: str) -> Any:
    etag = client.get(f"/v1/sites/{site}").raise_for_status().headers["etag"]
    return client.patch(f"/v1/sites/{site}", json={"state": state}, headers={"If-Match": etag})


def degraded(client: TestClient) -> set[str]:
    return {row["name"] for row in client.get("/v1/reservations").raise_for_status().json()["items"] if row["degraded"]}


def stays(client: TestClient, names: set[str], seconds: float = 2.5) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        assert degraded(client) == names
        time.sleep(0.1)


def moves(database: str, clock: Clock) -> list[tuple[str, str]]:
    with opened(database, clock) as books, books.database.reading() as connection:
        return [(each.actor, each.subject) for each in audit.entries(connection, action="reservation.move", most=99)]


def test_what_a_loss_degrades_is_whole_elsewhere_without_anybody_asking(service: Service) -> None:
    client = service()
    reserve(client, "bulk", amounts={"cpu": 4})
    reserve(client, "shaped", applications=[application("web", 5, 2)])
    reserve(client, "here", where={"site": "gz"}, amounts={"cpu": 2})
    assert turn(client, "gz", "retired").json()["code"] == "server.in-use"
    turn(client, "gz", "draining").raise_for_status()
    assert "here" in degraded(client)
    until(lambda: degraded(client) == {"here"})
    metrics = client.get("/metrics").text
    assert "bayplan_reservations_degraded 1.0" in metrics
    client.delete("/v1/reservations/acme/here").raise_for_status()
    turn(client, "gz", "retired").raise_for_status()
    other = {"applications": [application("big", 7, 1, tenant="other")], "commit": "auto"}
    full = client.post("/v1/solve", json=other)
    assert full.json()["code"] == "capacity.waiting", "both stand in the site that is left"


def test_without_room_it_stays_degraded_until_room_is_freed_or_comes_back(service: Service) -> None:
    client = service()
    run = {"applications": [application("full", 8, 2, site="sz")], "commit": "auto"}
    client.post("/v1/solve", json=run).raise_for_status()
    reserve(client, "shaped", applications=[application("web", 8, 2)])
    turn(client, "gz", "offline").raise_for_status()
    generation = client.get("/healthz").json()["generation"]
    stays(client, {"shaped"})
    assert client.get("/healthz").json()["generation"] == generation, "nothing is written while nothing helps"
    client.post("/v1/applications/acme/full:release", json={}).raise_for_status()
    until(lambda: not degraded(client))
    turn(client, "sz", "offline").raise_for_status()
    stays(client, {"shaped"})
    turn(client, "gz", "online").raise_for_status()
    until(lambda: not degraded(client))


def test_a_service_that_starts_mends_what_nobody_has_mended(service: Service, database: str, clock: Clock) -> None:
    reserve(service(), "bulk", amounts={"cpu": 4})
    with opened(database, clock) as books, pytest.MonkeyPatch.context() as patch:
        patch.setattr(heal, "replace_lost", lambda *_: None)
        for at in ("gz", "sz"):
            stock.set_state(books, "offline", ME, site=at)
        stock.set_state(books, "online", ME, site="gz")
    client = service()
    until(lambda: not degraded(client))


def test_two_replicas_put_nothing_elsewhere_twice(postgres_server: str, clock: Clock) -> None:
    url = new_database(postgres_server)
    names = [f"part{row}" for row in range(4)]
    with opened(url, clock) as books:
        stock.import_world(books, EDGE, ME)
    with served(opening(url, clock)) as one, served(opening(url, clock)) as two:
        for name in names:
            reserve(one, name, applications=[application(name, 5, 1)])
        for lost, back in (("gz", "sz"), ("sz", "gz"), ("gz", "sz")):
            turn(two, back, "online").raise_for_status()
            turn(two, lost, "offline").raise_for_status()
            until(lambda: not degraded(one) and not degraded(two))
        told = moves(url, clock)
    assert {actor for actor, _ in told} == {"follower"}
    assert len(told) >= len(names) * 2, "all were in one site before the second loss, and before the third"
    assert len(told) <= len(names) * 3
    with opened(url, clock) as books:
        assert balance(books) == []


def raises() -> None:
    raise RuntimeError("nobody expected that")


def dies() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


@pytest.mark.parametrize("fails", [raises, dies])
def test_what_fails_does_not_keep_the_others(
    fails: Callable[[], None], tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    url, good = made(f"sqlite:///{tmp_path}/books.db"), heal.put_elsewhere

    def sometimes(books: Books, identity: str, by: By) -> heal.Outcome:
        if "bad" in identity:
            fails()
        return good(books, identity, by)

    monkeypatch.setattr(heal, "put_elsewhere", sometimes)
    with opened(url, clock) as books:
        stock.import_world(books, EDGE, ME)
    with served(opening(url, clock)) as client:
        turn(client, "sz", "draining").raise_for_status()
        for name in ("bad", "good"):
            reserve(client, name, applications=[application(name, 5, 1)])
        turn(client, "sz", "online").raise_for_status()
        turn(client, "gz", "offline").raise_for_status()
        until(lambda: degraded(client) == {"bad"})
        client.post("/v1/solve", json={"applications": [application("web", 1, 1)]}).raise_for_status()
