"""Both clients against the real service: what is booked with one is there for the other."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any, assert_type

import pytest

from api.cli.demo.service import service
from api.client import AsyncClient, Client, Invalid, Refused, Unknown
from planner.ledger import stock
from planner.ledger.books import By
from planner.manifests.application import Application
from planner.plans.plan import Plan, SolveOptions
from tests.databases import Clock, made, opened
from tests.worlds import server, site, world

QUICK = SolveOptions(time_limit=2)


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A service over books of 200 vCPU."""
    database = made(str(tmp_path_factory.mktemp("client") / "books.db"))
    with opened(database, Clock()) as books:
        rooms = [server(f"gz{row}", site="gz", cpu=100_000, memory=400_960) for row in (1, 2)]
        stock.import_world(books, world(site("gz"), *rooms), By("operator"))
    with service(None, "--database", database) as running:
        yield running.url


@pytest.fixture(scope="module")
def client(url: str) -> Iterator[Client]:
    with Client(url) as client:
        yield client


def app(name: str, instances: int = 10, tenant: str = "acme") -> dict[str, Any]:
    spec = {"runtime": "container", "resources": {"cpu": 1}, "demand": [{"instances": instances}]}
    return {"metadata": {"name": name, "namespace": tenant}, "spec": spec}


def test_plan_commit(client: Client) -> None:
    plan = client.solve([app("web")], QUICK)
    assert_type(plan, Plan)
    assert sum(row.instances for row in plan.placements) == 10
    booked = client.commit(plan.plan)
    assert (booked.kind, booked.tenant, booked.plan) == ("allocation", "acme", plan.plan)
    with pytest.raises(Refused, match=r"plan\.stale"):
        client.commit(plan.plan)


def test_manifests_may_be_models(client: Client) -> None:
    assert client.book([Application.model_validate(app("models"))], QUICK).state == "confirmed"


def test_awaited(url: str) -> None:
    async def run() -> None:
        async with AsyncClient(url) as client:
            plan = await client.solve([app("awaited")], QUICK)
            assert_type(plan, Plan)
            await client.commit(plan.plan)
            lines = [each async for each in client.explain_lines([app("big", 1000)])]
            assert lines[-1].refused[0].status == "infeasible"

    asyncio.run(run())


def test_a_key_books_once(client: Client) -> None:
    first = client.book([app("once")], QUICK, key="order-1")
    assert client.book([app("once")], QUICK, key="order-1") == first
    with pytest.raises(Refused, match=r"idempotency\.mismatch"):
        client.book([app("twice")], QUICK, key="order-1")


def test_what_does_not_fit(client: Client) -> None:
    with pytest.raises(Refused) as refused:
        client.book([app("big", 1000)], QUICK)
    assert refused.value.code == "capacity.exceeds"
    assert refused.value.shortfall["cpu"]
    told = client.explain([app("big", 1000)])
    lines = list(client.explain_lines([app("big", 1000)]))
    assert lines[-1].refused[0].headline == told.refused[0].headline
    assert len(lines) > 1, "bounds first, then proofs and counter-offers"


def test_bad_input_is_told_completely(client: Client) -> None:
    with pytest.raises(Invalid) as invalid:
        client.solve([{"metadata": {"name": "Bad Name"}, "spec": {"runtime": "cloud"}}])
    fields = [each.field for each in invalid.value.problems]
    assert "applications[0].spec.runtime" in fields
    assert len(fields) > 1


def test_reservations_and_holds(client: Client) -> None:
    promise = {"metadata": {"name": "later", "namespace": "vm"}, "spec": {"amounts": {"cpu": 16}}}
    assert client.reserve(promise).placements[0].amounts
    assert [each.name for each in client.reservations()] == ["later"]
    assert client.cancel_reservation("vm", "later").state == "cancelled"
    held = client.hold([app("held")], QUICK, ttl="60s")
    assert held.expires is not None
    later = client.extend_hold(held.id, ttl="10m").expires
    assert later is not None
    assert later > held.expires
    assert client.confirm_hold(held.id).state == "confirmed"
    with pytest.raises(Unknown, match=r"hold\.gone"):
        client.cancel_hold(held.id)


def test_what_is_there_page_by_page(client: Client) -> None:
    client.book([app("listed")], QUICK)
    names = [each.server for each in client.servers(limit=1)]
    assert names == ["gz1", "gz2"]
    assert client.server("gz1").capacity["cpu"] == "100"
    (site,) = client.sites(state="online")
    assert site.servers == 2
    assert client.application("acme/listed").sites == {"gz": 10}
    rows = list(client.allocations(application="acme/listed"))
    assert sum(each.instances for each in rows) == 10
    assert "acme/listed" in {each.tenant + "/" + each.name for each in client.applications(limit=1)}
    assert {each.application for each in client.usage(tenant="acme")} >= {"acme/listed"}
    first, second = next(entries := client.audit(limit=1)), next(entries)
    assert first.id > second.id
    released = client.release("acme/listed", instances=4)
    assert (released.instances, released.remaining) == (4, 6)


def test_a_state_is_changed_by_who_looked(client: Client) -> None:
    seen = client.server("gz2").generation
    assert client.change_server("gz2", "draining", generation=seen).state == "draining"
    with pytest.raises(Refused) as stale:
        client.change_server("gz2", "online", generation=seen)
    assert stale.value.status == 412
    assert client.change_server("gz2", "online").state == "online"
    with pytest.raises(Unknown):
        client.site("atlantis")


def test_listings_awaited(url: str) -> None:
    async def run() -> None:
        async with AsyncClient(url) as client:
            assert [each.server async for each in client.servers(limit=1)] == ["gz1", "gz2"]

    asyncio.run(run())


def test_health(client: Client) -> None:
    assert (client.health().status, client.health().servers) == ("ok", 2)


def test_importing_it_is_light() -> None:
    """Whoever only asks needs no solver."""
    import subprocess
    import sys

    heavy = ("ortools", "numba", "numpy", "sqlalchemy", "fastapi", "typer")
    code = f"import sys, api.client; print([name for name in {heavy} if name in sys.modules])"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=Path.cwd(), check=True)
    assert found.stdout == "[]\n"


def test_a_plan_that_comes_later_is_watched_and_booked(client: Client) -> None:
    begun = client.solve_later([app("later")], QUICK)
    events = list(client.plan_events(begun.id))
    assert (events[-1].event, events[-1].state) == ("done", "done")
    assert {each.event for each in events[:-1]} <= {"progress"}
    ended = client.wait(begun.id)
    assert ended.plan is not None
    assert client.commit(ended.plan.plan).state == "confirmed"
    again = client.plan(ended.plan.plan)
    assert again.plan == ended.plan, "a plan is known by its own name too"


def test_a_plan_that_comes_later_books_itself(client: Client) -> None:
    begun = client.solve_later([app("itself")], QUICK, commit=True, key="order-2")
    ended = client.wait(begun.id)
    assert ended.booking is not None
    assert ended.booking.state == "confirmed"


def test_what_fails_later_says_why(client: Client) -> None:
    ended = client.wait(client.solve_later([app("too-big", 1000)], QUICK, commit=True).id)
    assert ended.state == "failed"
    assert ended.problem is not None
    assert ended.problem["code"] == "capacity.exceeds"


def test_an_explanation_that_comes_later(url: str) -> None:
    async def run() -> None:
        async with AsyncClient(url) as client:
            ended = await client.wait((await client.explain_later([app("big", 1000)])).id)
            assert ended.explanations is not None
            assert ended.explanations.refused[0].status == "infeasible"

    asyncio.run(run())


def test_promote(client: Client) -> None:
    plan = client.solve([app("promoted")], QUICK)
    kept = client.promote(plan.plan, "autumn", end="2100-01-01T00:00:00Z")
    assert (kept.kind, kept.name, kept.state) == ("reservation", "autumn", "active")
    client.cancel_reservation("acme", "autumn")
