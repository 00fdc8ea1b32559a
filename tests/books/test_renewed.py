"""Workers that have seen much of the books make room for new ones, and nobody who asks notices."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from typing import Any

import pytest
from fastapi.testclient import TestClient

from api.http.app import create_app
from api.workers.pool import Pool
from api.workers.start import pool
from planner.ledger import stock
from planner.ledger.balance import balance
from planner.ledger.books import Books
from planner.store.settings import Settings
from tests.books.asking import ME, until
from tests.databases import Clock
from tests.worlds import server, site, world


@pytest.fixture
def serving(books: Books, database: str, clock: Clock) -> Iterator[tuple[TestClient, Pool]]:
    stock.import_world(books, world(site("gz"), server("gz1", site="gz", cpu=100_000, memory=409_600)), ME)
    with pool(lambda: Books.open(Settings(database=database), clock), 3) as made:
        made.renewal.after = 10
        with TestClient(create_app(made)) as client:
            yield client, made
    assert balance(books) == []


def asked(name: str) -> dict[str, Any]:
    spec = {"runtime": "container", "resources": {"cpu": 1}, "demand": [{"instances": 1}]}
    return {"applications": [{"metadata": {"name": name, "namespace": "acme"}, "spec": spec}], "commit": "auto"}


def booked(client: TestClient, name: str) -> bool:
    """Whoever is told that a worker was lost asks again with the same key."""
    status: int = client.post("/v1/solve", json=asked(name), headers={"Idempotency-Key": name}).status_code
    assert status in (200, 503)
    return status == 200


def running(client: TestClient) -> int:
    return len(client.get("/v1/applications", params={"limit": 100}).raise_for_status().json()["items"])


def gone(pid: int) -> bool:
    """Ended, and taken note of by the process that it was forked from."""
    with suppress(ProcessLookupError):
        os.kill(pid, 0)
        return False
    return True


def test_bookings_go_on_while_workers_are_renewed(serving: tuple[TestClient, Pool]) -> None:
    client, made = serving
    first = {each.pid for each in made.processes}
    with ThreadPoolExecutor(4) as callers:
        found = list(callers.map(lambda row: client.post("/v1/solve", json=asked(f"web{row}")), range(60)))
    assert {each.status_code for each in found} == {200}
    until(lambda: all(map(gone, first)))
    assert len(made.alive) == 3
    assert running(client) == 60


def test_workers_may_die_meanwhile(serving: tuple[TestClient, Pool]) -> None:
    client, made = serving
    for row in range(40):
        if row % 5 == 4:
            made.processes[row % 3].kill()
        until(partial(booked, client, f"web{row}"))
    until(lambda: len(made.alive) == 3 and not made.renewal.leaving)
    assert running(client) == 40
