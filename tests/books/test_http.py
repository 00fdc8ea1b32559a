"""The books over HTTP: plans are committed, what is refused is told, and a repeat books nothing twice."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient

from planner.ledger import stock
from planner.ledger.books import Books, By
from planner.store.settings import Settings
from tests.api.http.served import served
from tests.databases import Clock
from tests.worlds import server, site, world

HERE = [{"where": {"site": "gz"}, "instances": 10}]


@pytest.fixture
def client(books: Books, database: str, clock: Clock) -> Iterator[TestClient]:
    rooms = [server(f"gz{row}", site="gz", cpu=10_000, memory=40_960) for row in (1, 2)]
    stock.import_world(books, world(site("gz"), *rooms), By("operator"))
    with served(lambda: Books.open(Settings(database=database), clock)) as client:
        yield client


def asked(name: str, instances: int = 10, **more: Any) -> dict[str, Any]:
    spec = {"runtime": "container", "resources": {"cpu": 1}, "demand": [{"instances": instances}]}
    return {"applications": [{"metadata": {"name": name, "namespace": "acme"}, "spec": spec}], **more}


def test_a_plan_is_committed_once(client: TestClient) -> None:
    plan = client.post("/v1/solve", json=asked("web")).raise_for_status().json()
    assert sum(row["instances"] for row in plan["placements"]) == 10
    booked = client.post(f"/v1/plans/{plan['plan']}:commit").raise_for_status().json()
    assert (booked["kind"], booked["state"], booked["tenant"]) == ("allocation", "confirmed", "acme")
    stale = client.post(f"/v1/plans/{plan['plan']}:commit")
    assert (stale.status_code, stale.json()["code"]) == (409, "plan.stale")
    assert client.get("/healthz").json()["generation"] == "2"


def test_what_does_not_fit_is_a_problem_with_its_shortfall(client: TestClient) -> None:
    promise = {"metadata": {"name": "later", "namespace": "vm"}, "spec": {"amounts": {"cpu": 16}}}
    client.post("/v1/reservations", json=promise).raise_for_status()
    (row,) = client.get("/v1/reservations").json()["items"]
    assert (row["tenant"], row["name"], row["state"]) == ("vm", "later", "active")
    refused = client.post("/v1/solve", json=asked("web", commit="auto"))
    assert refused.status_code == 409
    told = refused.json()
    assert (told["code"], told["shortfall"]) == ("capacity.waiting", {"cpu": "6"})
    assert told["explanation"]["fits"] == 4
    never = client.post("/v1/solve", json=asked("web", 21, commit="auto"))
    assert (never.status_code, never.json()["code"]) == (422, "capacity.exceeds")
    client.request("DELETE", "/v1/reservations/vm/later").raise_for_status()
    client.post("/v1/solve", json=asked("web", commit="auto")).raise_for_status()


def test_explanations_know_what_is_promised(client: TestClient) -> None:
    promise = {"metadata": {"name": "later", "namespace": "vm"}, "spec": {"amounts": {"cpu": 16}}}
    client.post("/v1/reservations", json=promise).raise_for_status()
    (refused,) = client.post("/v1/explain", json=asked("web")).raise_for_status().json()["refused"]
    assert refused["status"] == "infeasible"
    offers = {offer["kind"]: offer["message"] for offer in refused["counterOffers"]}
    assert offers["instances"] == "acme/web: 4 instances instead of 10"
    assert offers["release"] == "call off reservation vm/later (cpu 16)"


def test_a_repeat_with_the_same_key_is_answered_the_same(client: TestClient) -> None:
    key = {"Idempotency-Key": "order-1"}
    first = client.post("/v1/solve", json=asked("web", commit="auto"), headers=key).raise_for_status().json()
    assert client.post("/v1/solve", json=asked("web", commit="auto"), headers=key).json() == first
    other = client.post("/v1/solve", json=asked("web2", commit="auto"), headers=key)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency.mismatch")


def test_a_hold_is_confirmed_in_time(client: TestClient, clock: Clock) -> None:
    held = client.post("/v1/holds", json=asked("web", ttl="60s")).raise_for_status().json()
    clock.goes_on(59)
    client.post(f"/v1/holds/{held['id']}:extend", json={"ttl": "10m"}).raise_for_status()
    clock.goes_on(300)
    confirmed = client.post(f"/v1/holds/{held['id']}:confirm").raise_for_status().json()
    assert confirmed["state"] == "confirmed"
    gone = client.post(f"/v1/holds/{held['id']}:cancel")
    assert (gone.status_code, gone.json()["code"]) == (404, "hold.gone")


def test_bad_input_is_told_completely(client: TestClient) -> None:
    wrong = client.post("/v1/reservations", json={"metadata": {"name": "x"}, "spec": {}})
    assert (wrong.status_code, wrong.json()["code"]) == (422, "manifest.invalid")
    wrong = client.post("/v1/holds", json=asked("web", ttl="soon"))
    assert wrong.json()["problems"][0]["field"] == "ttl"
    document = client.get("/openapi.json").json()
    assert "/v1/holds" in document["paths"]
