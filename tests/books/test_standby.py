"""Standby in the books: the largest of all losses stands aside, and goes with what it is for."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from planner.inventory.standby import Standby
from planner.ledger import holds, reserve, stock
from planner.ledger.books import Books
from planner.ledger.release import release
from planner.ledger.replay import replay
from planner.store import reading
from tests.books.asking import ME, QUICK, instances, placed, promise, refused
from tests.databases import MORNING, Clock
from tests.worlds import allocation, application, server, site, world


@pytest.fixture
def edge(books: Books) -> Books:
    """Three sites, each of one server with 12 cores."""
    rooms = [server(f"{at}1", site=at, cpu=12_000) for at in ("gz", "hz", "sz")]
    stock.import_world(books, world(*(site(at) for at in ("gz", "hz", "sz")), *rooms), ME)
    return books


def safe(name: str, count: int, **more: Any) -> Any:
    """All of it runs again after the loss of any site."""
    survives = [{"lossOf": "site", "keep": "100%", "standby": "shared"}]
    given = {"spread": [{"over": "site", "minDomains": 3}], "survives": survives, **more}
    return application(name, cpu=1, instances=count, **given)


def aside(books: Books) -> int:
    """Cores that stand aside now, as the database has it."""
    with books.database.reading() as connection:
        return sum(int(row[4]) for row in reading.rooms(connection)) // 1000


def free(books: Books, begin: int = MORNING) -> int:
    view = books.picture().view(begin)
    return int(view.free[view.usable, 0].sum()) // 1000


def test_the_largest_loss_stands_aside_and_not_the_sum(edge: Books) -> None:
    booked = placed(edge, safe("db", 12, spread=[{"over": "site", "maxInstances": 4}]))
    assert sum(line.instances for line in booked.lines if line.lost) == 12, "4 for each of three losses"
    kept = aside(edge)
    assert 6 <= kept < 12, "at least 4 cores outside of any site"
    assert free(edge) == 36 - 12 - kept
    no = refused("capacity.waiting", placed, edge, application("more", cpu=1, instances=25 - kept))
    assert no.explanation
    assert no.explanation.fits == 24 - kept
    placed(edge, application("more", cpu=1, instances=24 - kept))
    assert booked.decision
    assert replay(edge, booked.decision.plan.plan).same


def test_later_decisions_follow_it(edge: Books) -> None:
    placed(edge, safe("db", 12, spread=[{"over": "site", "maxInstances": 4}]))
    placed(edge, safe("db", 18, spread=[{"over": "site", "maxInstances": 6}]))
    assert (instances(edge, "db"), free(edge)) == (18, 36 - 18 - aside(edge))
    for lost in ("gz", "hz", "sz"):
        assert sum(row.instances for row in edge.picture().snapshot.standby if row.domain == lost) == 6


def test_it_goes_with_what_it_is_for(edge: Books) -> None:
    placed(edge, safe("db", 12, spread=[{"over": "site", "maxInstances": 4}]))
    release(edge, "db", ME, instances=6)
    rows = edge.picture().snapshot.standby
    inside = dict.fromkeys(("gz", "hz", "sz"), 0)
    for row in edge.picture().snapshot.running["db"]:
        inside[("gz", "hz", "sz")[row.server]] += row.instances
    for lost, here in inside.items():
        assert sum(row.instances for row in rows if row.domain == lost) == here
    release(edge, "db", ME)
    assert (edge.picture().snapshot.standby, aside(edge), free(edge)) == ((), 0, 36)


def test_the_clock_frees_it(edge: Books, clock: Clock) -> None:
    placed(edge, safe("db", 9, expires_after="1h"))
    assert free(edge) < 27
    assert free(edge, MORNING + 3_600_000) == 36
    clock.goes_on(3600)
    assert (free(edge), aside(edge), instances(edge, "db")) == (36, 0, 0)


def test_holds_and_reservations_keep_it_too(edge: Books) -> None:
    held = holds.hold(edge, [safe("db", 12)], QUICK, ME).booking
    assert aside(edge) > 0
    holds.confirm(edge, held.id, ME)
    assert edge.picture().snapshot.standby
    release(edge, "db", ME)
    reserve.reserve(edge, promise(applications=[safe("web", 12, namespace="vm")]), ME)
    taken = free(edge)
    placed(edge, safe("web", 12, namespace="vm"))
    assert (free(edge), edge.picture().bookings) == (taken, {}), "used as it was promised"


def test_bulk_amounts_serve_standby(edge: Books) -> None:
    reserve.reserve(edge, promise(amounts={"cpu": 36}), ME)
    placed(edge, safe("web", 12, namespace="vm"))
    assert instances(edge, "vm/web") == 12


def test_a_world_with_standby_is_taken_in(books: Books) -> None:
    db = safe("db", 3)
    rooms = [server(f"{at}1", site=at, cpu=4000) for at in ("gz", "hz", "sz")]
    here = world(*(site(at) for at in ("gz", "hz", "sz")), *rooms, db, *(allocation("db", f"{at}1") for at in
                                                                         ("gz", "hz", "sz")))  # fmt: skip
    standby = (Standby("db", 1, 1, "site", "gz"), Standby("db", 2, 1, "site", "hz"), Standby("db", 1, 1, "site", "sz"))
    stock.import_world(books, replace(here, standby=standby), ME)
    assert books.picture().snapshot.standby == standby
    assert (aside(books), free(books)) == (2, 12 - 3 - 2)
