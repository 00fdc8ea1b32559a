"""A full queue: who would be refused by it is refused unread; others, and strangers, are answered as ever."""

from __future__ import annotations

import json
import logging
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from typing import Any

import pytest
from fastapi.testclient import TestClient
from httpx import Response

from api.http.access import Access
from api.http.app import create_app
from api.workers.pool import Pool
from api.workers.start import pool
from planner.access.keyring import Keyring
from planner.ledger.books import Books
from tests.access.conftest import bearer, beside, reopened, token
from tests.access.test_gate import asked
from tests.api.workers.test_pool import until_stopped
from tests.books.asking import until


@contextmanager
def full(shared: Books, url: str) -> Iterator[tuple[TestClient, Pool]]:
    """Its only worker is busy until it is told to stop, and two of acme's wait."""
    access = Access(Keyring(shared.database, shared.clock))
    with pool(lambda: reopened(url), 1, waiting=2) as made, TestClient(create_app(made, access)) as client:
        assert client.portal is not None
        submit = partial(made.submit, until_stopped, lane="short", tenant="acme")
        jobs = [client.portal.call(submit) for _ in range(3)]
        yield client, made
        for job in jobs:
            client.portal.call(partial(made.stop, job, keep=False))


def test_who_has_most_waiting_is_refused_unread(
    shared: Books, url: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("api.http.unread.TELL", 0.1)
    monkeypatch.setattr("planner.access.keyring.FRESH", 60.0)
    with full(shared, url) as (client, _), caplog.at_level(logging.WARNING, "bayplan.requests"):
        acme = beside(client, bearer(token(shared, "acme")))
        acme.get("/v1/applications", params={"limit": 0})  # the key is known from now on
        answers = [acme.post("/v1/solve", json=asked("web")) for _ in range(2)]
        assert {(each.status_code, each.json()["code"]) for each in answers} == {(503, "server.busy")}
        assert all(each.headers["retry-after"] == "1" for each in answers)
        assert not any(looked_at(each) for each in answers)
        until(lambda: sum(told(caplog).values()) == 2)
        assert [name.partition(" ")[0] for name in told(caplog)] == ["test"]
        assert (
            'bayplan_refusals_total{code="server.busy"} 2.0'
            in client.get("/metrics", headers=bearer(token(shared))).text
        )


def test_who_has_less_waiting_takes_the_place_of_who_has_most(shared: Books, url: str) -> None:
    with full(shared, url) as (client, made), ThreadPoolExecutor(1) as callers:
        globex = beside(client, bearer(token(shared, "globex")))
        waits = callers.submit(globex.post, "/v1/solve", json=asked("web", "globex"))
        until(lambda: any(job.tenant == "globex" for job in made.queue))
        assert client.portal is not None
        for job in [*made.processes[0].jobs.values(), *made.queue]:
            if job.tenant == "acme":
                client.portal.call(partial(made.stop, job, keep=False))
        answer = waits.result(30)
        assert [row["application"] for row in answer.raise_for_status().json()["placements"]] == ["globex/web"]


def test_strangers_are_told_that_they_are(shared: Books, url: str) -> None:
    with full(shared, url) as (client, _):
        for header in ({}, bearer("bp_nobody_nothing")):
            answer = client.post("/v1/solve", json=asked("web"), headers=header)
            assert (answer.status_code, looked_at(answer)) == (401, True)


def test_what_comes_in_parts_or_does_not_wait_is_looked_at_first(shared: Books, url: str) -> None:
    with full(shared, url) as (client, _):
        acme = beside(client, bearer(token(shared, "acme")))
        content = json.dumps(asked("web")).encode()
        parts = acme.post(
            "/v1/solve", content=iter([content[:9], content[9:]]), headers={"Content-Type": "application/json"}
        )
        assert (parts.status_code, parts.json()["code"], looked_at(parts)) == (503, "server.busy", True)
        later = acme.post("/v1/solve", json=asked("web"), headers={"Prefer": "respond-async"})
        assert looked_at(later)


def looked_at(answer: Response) -> bool:
    return "x-request-id" in answer.headers


def told(caplog: pytest.LogCaptureFixture) -> Counter[str]:
    """How many of each caller were refused, by the log."""
    lines: list[Any] = [line for line in caplog.records if line.msg == "requests were refused unread"]
    assert all(line.refused == sum(line.callers.values()) for line in lines)
    return sum((Counter(line.callers) for line in lines), Counter[str]())
