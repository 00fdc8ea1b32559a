"""Moves in the books: what runs gives way in the same transaction that takes its room."""

from __future__ import annotations

import json
from typing import Any

import pytest

from planner.ledger import commit, reserve, stock
from planner.ledger.answer import told
from planner.ledger.books import Books
from planner.ledger.release import release
from planner.ledger.replay import replay
from planner.manifests.instants import told as instant
from planner.plans.plan import SolveOptions
from planner.store import audit
from tests.books.asking import ME, instances, placed, promise, refused
from tests.databases import MORNING, Clock
from tests.worlds import application, server, site, world

MOVING = SolveOptions(time_limit=2.0, moves=4)


@pytest.fixture
def scattered(books: Books) -> Books:
    """Two servers of 8 cores, each half full, so that nothing large fits on either."""
    rooms = [server(f"s{row}", site="gz", cpu=8000) for row in (1, 2)]
    stock.import_world(books, world(site("gz"), site("hz"), *rooms), ME)
    for number in (1, 2):
        on(books, f"old{number}", f"s{number}")
    return books


def on(books: Books, name: str, where: str, **more: Any) -> None:
    """4 cores of an application on one server."""
    other = "s2" if where == "s1" else "s1"
    stock.set_state(books, "draining", ME, server=other)
    placed(books, application(name, cpu=2, instances=2, **more))
    stock.set_state(books, "online", ME, server=other)


def where(books: Books, name: str) -> set[str]:
    snapshot = books.picture().snapshot
    return {snapshot.inventory.servers.name[row.server] for row in snapshot.running[name]}


def test_what_runs_gives_way_in_one_transaction(scattered: Books) -> None:
    wanted = [application("big", cpu=8)]
    refused("capacity.waiting", placed, scattered, *wanted)
    before = scattered.picture().generation
    booked = commit.commit(scattered, wanted, MOVING, ME)
    assert booked.decision
    assert told(booked)["moves"]
    (moved,) = {row.application for row in booked.decision.plan.moves}
    assert scattered.picture().generation == before + 1
    assert {instances(scattered, name) for name in ("old1", "old2")} == {2}
    assert where(scattered, "old1") == where(scattered, "old2") != where(scattered, "big")
    with scattered.database.reading() as connection:
        (entry,) = audit.entries(connection, subject=moved, action="allocation.move", most=9)[::-1]
    assert sum(move["instances"] for move in json.loads(entry.detail)["moves"]) == 2
    assert replay(scattered, booked.decision.plan.plan).same


def test_what_moves_keeps_its_end(books: Books, clock: Clock) -> None:
    rooms = [server(f"s{row}", site="gz", cpu=8000) for row in (1, 2)]
    stock.import_world(books, world(site("gz"), *rooms), ME)
    on(books, "old1", "s1", expires_after="2h")
    on(books, "old2", "s2", expires_after="2h")
    placed(books, application("big", cpu=8, expires_after="1h"), moves=4)
    assert where(books, "old1") == where(books, "old2")
    clock.goes_on(3600)
    assert (instances(books, "big"), instances(books, "old1")) == (0, 2)
    clock.goes_on(3600)
    assert books.picture().snapshot.running == {}


def test_nothing_moves_where_room_is_promised_later(scattered: Books) -> None:
    """Free now, but not for as long as what runs: then nothing moves."""
    later = promise(amounts={"cpu": 4}, start=instant(MORNING + 3_600_000))
    reserve.reserve(scattered, later, ME)
    refused("capacity.waiting", placed, scattered, application("big", cpu=8), moves=4)
    assert where(scattered, "old1") != where(scattered, "old2")


def test_what_changed_meanwhile_moves_nothing(scattered: Books) -> None:
    plan = commit.plan(scattered, [application("big", cpu=8)], MOVING, ME).plan
    release(scattered, plan.moves[0].application, ME, instances=1)
    refused("plan.stale", commit.commit_plan, scattered, plan.plan, ME)


def test_an_offline_site_is_frozen(scattered: Books) -> None:
    plan = commit.plan(scattered, [application("big", cpu=8)], MOVING, ME).plan
    stock.set_state(scattered, "offline", ME, site="gz")
    refused("plan.stale", commit.commit_plan, scattered, plan.plan, ME)
    refused("capacity.waiting", placed, scattered, application("big", cpu=8), moves=4)
