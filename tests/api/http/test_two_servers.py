"""Two processes on one PostgreSQL behave as one: plans, bookings, searches and keys of one are the other's too."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest

from api.cli.demo.service import Service, service
from planner.ledger import stock
from planner.ledger.books import By
from planner.worlds.generate import GenerateOptions, generate
from tests.api.http.test_searches import LATER, ended, watched
from tests.databases import Clock, new_database, opened

WORLD = generate(GenerateOptions(sites=8, servers=200, load=0.5, requests=8, demand=0.9, seed=2))


class Servers(list[httpx.Client]):
    """Clients of each; running: the processes."""

    running: list[Service]


@pytest.fixture(scope="module")
def servers(postgres_server: str) -> Iterator[Servers]:
    url = new_database(postgres_server)
    with opened(url, Clock(time.time_ns() // 1_000_000)) as books:
        stock.import_world(books, WORLD, By("operator"))
    with ExitStack() as stack:
        running = [stack.enter_context(service(None, "--database", url)) for _ in range(2)]
        clients = Servers(
            stack.enter_context(httpx.Client(base_url=each.url, timeout=60, trust_env=False)) for each in running
        )
        clients.running = running
        yield clients


def asked(name: str, tenant: str = "acme", **more: Any) -> dict[str, Any]:
    spec = {"runtime": "container", "resources": {"cpu": "1"}, "demand": [{"instances": 10}]}
    return {"applications": [{"metadata": {"name": name, "namespace": tenant}, "spec": spec}], **more}


def hard(seconds: float) -> dict[str, Any]:
    """What takes its whole time limit: a batch that asks for most of what is free, with no gap allowed."""
    running = {row.application for row in WORLD.allocations}
    batch = [each.model_dump(mode="json", by_alias=True) for each in WORLD.applications if each.id not in running]
    return {"applications": batch, "options": {"timeLimit": seconds, "gap": 0}}


def test_a_plan_made_at_one_commits_at_the_other(servers: Servers) -> None:
    one, two = servers
    plan = one.post("/v1/solve", json=asked("planned")).raise_for_status().json()["plan"]
    assert two.get(f"/v1/plans/{plan}").raise_for_status().json()["plan"]["plan"] == plan
    booked = two.post(f"/v1/plans/{plan}:commit").raise_for_status().json()
    assert (booked["kind"], booked["plan"]) == ("allocation", plan)
    stale = one.post(f"/v1/plans/{plan}:commit")
    assert (stale.status_code, stale.json()["code"]) == (409, "plan.stale")


def test_a_plan_becomes_a_reservation_that_the_other_sees(servers: Servers) -> None:
    one, two = servers
    plan = one.post("/v1/solve", json=asked("promised")).raise_for_status().json()["plan"]
    two.post(f"/v1/plans/{plan}:promote", json={"name": "autumn"}).raise_for_status()
    names = [row["name"] for row in one.get("/v1/reservations").raise_for_status().json()["items"]]
    assert "autumn" in names


def test_what_one_reserves_is_not_free_for_the_other(servers: Servers) -> None:
    one, two = servers
    promise = {"metadata": {"name": "all", "namespace": "vm"}, "spec": {"amounts": {"cpu": "1000000"}}}
    refused = one.post("/v1/reservations", json=promise)
    assert refused.status_code in (409, 422)
    fits = refused.json()["shortfall"]["cpu"]
    rest = {"metadata": {"name": "all", "namespace": "vm"}, "spec": {"amounts": {"cpu": str(1_000_000 - int(fits))}}}
    one.post("/v1/reservations", json=rest).raise_for_status()
    waiting = two.post("/v1/solve", json=asked("late", "other", commit="auto"))
    assert (waiting.status_code, waiting.json()["code"]) == (409, "capacity.waiting")
    one.request("DELETE", "/v1/reservations/vm/all").raise_for_status()
    two.post("/v1/solve", json=asked("late", "other", commit="auto")).raise_for_status()


def test_parallel_repeats_of_one_request_book_once(servers: Servers) -> None:
    key = {"Idempotency-Key": "order-7"}

    def ask(number: int) -> httpx.Response:
        with httpx.Client(base_url=servers[number % 2].base_url, timeout=60, trust_env=False) as client:
            return client.post("/v1/solve", json=asked("repeated", commit="auto"), headers=key)

    with ThreadPoolExecutor(10) as clients:
        answers = list(clients.map(ask, range(10)))
    assert [each.status_code for each in answers] == [200] * 10
    assert len({each.text for each in answers}) == 1


def test_a_search_of_one_is_watched_and_stopped_at_the_other(servers: Servers) -> None:
    one, two = servers
    begun = one.post("/v1/solve", json=hard(60), headers=LATER).raise_for_status()
    where, begin = begun.headers["location"], time.monotonic()
    seen, told = [], False
    for event, _, data in watched(two, where):
        seen.append(event)
        if "progress" in data and not told:
            told = two.post(f"{where}:cancel", timeout=60).raise_for_status().is_success
    assert time.monotonic() < begin + 45
    assert seen[-1] == "cancelled"
    plans = [ended(client, where)["plan"] for client in servers]
    assert plans[0] == plans[1]
    assert plans[0]["placements"]


def test_a_search_books_when_it_is_told_to(servers: Servers) -> None:
    one, two = servers
    begun = one.post("/v1/solve", json=asked("booked-later", commit="auto"), headers=LATER).raise_for_status()
    found = ended(two, begun.headers["location"])
    assert (found["state"], found["booking"]["kind"]) == ("done", "allocation")
    refused = two.post(f"{begun.headers['location']}:commit")
    assert (refused.status_code, refused.json()["code"]) == (409, "plan.unfinished")


def test_a_worker_that_is_killed_costs_its_caller_a_problem_that_can_be_tried_again(servers: Servers) -> None:
    one = servers[0]
    with ThreadPoolExecutor(1) as asking:
        answer = asking.submit(lambda: one.post("/v1/solve", json=hard(30)))
        time.sleep(1.0)
        os.kill(busiest(servers.running[0].process.pid), signal.SIGKILL)
        lost = answer.result(timeout=30)
    assert (lost.status_code, lost.json()["code"]) == (503, "worker.lost")
    assert lost.headers["content-type"] == "application/problem+json"
    assert "retry-after" in lost.headers
    one.post("/v1/solve", json=asked("after")).raise_for_status()
    one.post("/v1/solve", json=hard(0.5)).raise_for_status()


def busiest(server: int) -> int:
    """The worker process of this server that has worked most in half a second."""
    zygote = children(server)[0]
    before = {pid: worked(pid) for pid in children(zygote)}
    time.sleep(0.5)
    return max(before, key=lambda pid: worked(pid) - before[pid])


def children(pid: int) -> list[int]:
    return [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def worked(pid: int) -> int:
    """Ticks of processor time."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])
