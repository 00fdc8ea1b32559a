"""What /metrics says is what happened, with any number of worker processes."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from fastapi.testclient import TestClient
from prometheus_client.parser import text_string_to_metric_families

from api.http.app import create_app
from api.workers.start import pool
from planner.ledger import stock
from planner.ledger.books import Books, By
from planner.store.database import Database
from planner.store.settings import Settings
from tests.api.http.served import served
from tests.api.observe.conftest import asked, small
from tests.databases import Clock, made, opened

Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]


def measured(client: TestClient) -> Samples:
    """(name, labels) -> value. A histogram's buckets are left out."""
    families = text_string_to_metric_families(client.get("/metrics").raise_for_status().text)
    samples = [sample for family in families for sample in family.samples]
    return {(each.name, frozenset(each.labels.items())): each.value for each in samples if "le" not in each.labels}


def value(samples: Samples, name: str, **labels: str) -> float:
    return samples.get((name, frozenset(labels.items())), 0.0)


def total(samples: Samples, name: str, **labels: str) -> float:
    return sum(
        each for (named, having), each in samples.items() if named == name and labels.items() <= dict(having).items()
    )


def test_plans_of_all_workers_are_counted(client: TestClient) -> None:
    before = measured(client)
    for _ in range(4):
        client.post("/v1/solve", json=asked(instances=4)).raise_for_status()
    client.post("/v1/solve", json=asked(instances=100)).raise_for_status()
    after = measured(client)

    def more(name: str, **labels: str) -> float:
        return total(after, name, **labels) - total(before, name, **labels)

    assert more("bayplan_plans_total") == 5
    assert more("bayplan_instances_total", outcome="placed") == 16
    assert more("bayplan_instances_total", outcome="unplaced") == 100, "all or nothing"
    assert more("bayplan_plan_gap_count") == 5
    for stage in ("formulate", "construct", "write"):
        assert more("bayplan_stage_seconds_count", stage=stage) == 5
    assert more("bayplan_request_seconds_count", method="POST", route="/v1/solve", status="200") == 5
    assert more("bayplan_queue_seconds_count", lane="short") >= 5
    assert value(after, "bayplan_queue_length", lane="short") == 0
    assert value(after, "bayplan_requests_open") == 1, "this one"


def test_refusals_are_counted_by_their_cause(client: TestClient) -> None:
    before = measured(client)
    for _ in range(2):
        client.post("/v1/solve", json={"applications": []})
    client.get("/v1/nothing")
    after = measured(client)
    for code, count in (("manifest.invalid", 2), ("route.unknown", 1)):
        name = "bayplan_refusals_total"
        assert value(after, name, code=code) - value(before, name, code=code) == count


def test_a_lost_worker_is_counted_and_replaced() -> None:
    with pool(small, 2) as two, TestClient(create_app(two)) as client:
        assert value(measured(client), "bayplan_workers") == 2
        two.processes[1].kill()
        until = time.monotonic() + 10
        while value(found := measured(client), "bayplan_worker_restarts_total") < 1 and time.monotonic() < until:
            time.sleep(0.02)
        while len(two.alive) < 2 and time.monotonic() < until:
            time.sleep(0.02)
        assert value(found, "bayplan_worker_restarts_total") == 1
        assert value(measured(client), "bayplan_workers") == 2
        assert client.get("/readyz").json()["ready"]


def test_capacity_is_told_by_region_and_carrier(tmp_path: Path) -> None:
    url = made(str(tmp_path / "books.db"))
    clock = Clock()
    with opened(url, clock) as books:
        stock.import_world(books, small(), By("operator"))
    with served(lambda: Books.open(Settings(database=url), clock)) as client:
        client.post("/v1/solve", json=asked(instances=2, commit="auto")).raise_for_status()
        client.post("/v1/holds", json=asked("held", 1)).raise_for_status()
        promise = {"metadata": {"name": "later"}, "spec": {"amounts": {"cpu": 6}, "where": {"region": "North China"}}}
        client.post("/v1/reservations", json=promise).raise_for_status()
        found = measured(client)
    cpu = {"resource": "cpu"}
    assert total(found, "bayplan_capacity", of="total", region="South China", carrier="telecom", **cpu) == 16_000
    assert total(found, "bayplan_capacity", of="total", **cpu) == 24_000, "one server is offline"
    assert total(found, "bayplan_capacity", of="reserved", **cpu) == 6_000
    assert total(found, "bayplan_capacity", of="reserved", region="North China", carrier="unicom", **cpu) == 6_000
    assert total(found, "bayplan_capacity", of="held", **cpu) == 1_000
    assert total(found, "bayplan_capacity", of="free", **cpu) == 24_000 - 2_000 - 1_000 - 6_000
    assert value(found, "bayplan_generation") == int(client.get("/healthz").json()["generation"]) == 4


@pytest.fixture
def outage(postgres_server: str) -> Iterator[str]:
    """The URL of books in a database of their own, which a test may close."""
    with psycopg.connect(postgres_server, autocommit=True) as connection:
        connection.execute("DROP DATABASE IF EXISTS outage WITH (FORCE)")
        connection.execute("CREATE DATABASE outage")
        url = postgres_server.replace("/postgres?", "/outage?")
        assert url != postgres_server
        database = Database(Settings(database=url))
        database.upgrade()
        database.close()
        yield url
        connection.execute("DROP DATABASE outage WITH (FORCE)")


def test_without_its_database_a_server_is_not_ready_and_says_so(outage: str, postgres_server: str) -> None:
    clock = Clock()
    with opened(outage, clock) as books:
        stock.import_world(books, small(), By("operator"))
    with (
        served(lambda: Books.open(Settings(database=outage), clock)) as client,
        psycopg.connect(postgres_server, autocommit=True) as connection,
    ):
        assert client.get("/readyz").status_code == 200
        connection.execute("ALTER DATABASE outage WITH ALLOW_CONNECTIONS false")
        connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'outage'")
        refused = client.post("/v1/solve", json=asked(commit="auto"))
        assert (refused.status_code, refused.json()["code"]) == (503, "database.unreachable")
        assert "outage" not in refused.text, "callers learn nothing of where it is"
        assert int(refused.headers["retry-after"]) > 0
        assert _becomes(client, 503)["faults"] == ["the database of the books cannot be read"]
        assert client.get("/healthz").status_code == 200
        assert value(measured(client), "bayplan_ready") == 0
        connection.execute("ALTER DATABASE outage WITH ALLOW_CONNECTIONS true")
        assert _becomes(client, 200)["ready"]
        client.post("/v1/solve", json=asked(commit="auto")).raise_for_status()


def _becomes(client: TestClient, status: int) -> dict[str, list[str]]:
    until = time.monotonic() + 10
    while (answer := client.get("/readyz")).status_code != status and time.monotonic() < until:
        time.sleep(0.05)
    assert answer.status_code == status
    told: dict[str, list[str]] = answer.json()
    return told
