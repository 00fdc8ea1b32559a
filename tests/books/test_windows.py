"""Slices of the day in the books: what does not meet shares its room, and what meets does not."""

from __future__ import annotations

from typing import Any

import pytest

from planner.ledger import reserve, stock
from planner.ledger.books import Books
from planner.ledger.release import release
from planner.ledger.replay import replay
from planner.ledger.usage import usage
from planner.manifests.instants import told
from tests.books.asking import ME, instances, placed, promise, refused
from tests.databases import MORNING, Clock
from tests.worlds import application, server, site, world

HOUR = 3_600_000


@pytest.fixture
def edge(books: Books) -> Books:
    """Two servers of 10 cores."""
    rooms = [server(f"s{row}", site="gz", cpu=10_000) for row in (1, 2)]
    stock.import_world(books, world(site("gz"), *rooms), ME)
    return books


def daily(name: str, cores: int, slices: str, zone: str = "Asia/Shanghai", **more: Any) -> Any:
    window = {"daily": slices, "timeZone": zone, **more}
    return application(name, cpu=1, instances=cores, window=window)


def test_day_and_night_share_a_room(edge: Books) -> None:
    booked = placed(edge, daily("day", 20, "08:00-20:00"))
    placed(edge, daily("night", 20, "20:00-08:00"))
    refused("capacity.waiting", placed, edge, daily("noon", 1, "12:00-13:00"))
    refused("capacity.waiting", placed, edge, application("always", cpu=1))
    release(edge, "night", ME, instances=5)
    placed(edge, daily("late", 5, "22:00-23:00"))
    assert booked.decision
    assert replay(edge, booked.decision.plan.plan).same
    release(edge, "day", ME)
    release(edge, "night", ME)
    release(edge, "late", ME)
    placed(edge, application("always", cpu=1, instances=20))


def test_zones_meet_by_their_clocks(edge: Books) -> None:
    """16:00 to 20:00 in Shanghai is 8:00 to 12:00 in UTC."""
    placed(edge, daily("there", 20, "16:00-20:00"))
    refused("capacity.waiting", placed, edge, daily("here", 1, "11:00-14:00", "UTC"))
    placed(edge, daily("here", 20, "12:00-14:00", "UTC"))


def test_a_window_has_its_room_from_its_start_to_its_end(edge: Books, clock: Clock) -> None:
    begin, end = MORNING + 2 * HOUR, MORNING + 5 * HOUR
    window = {"start": told(begin), "end": told(end)}
    placed(edge, application("festival", cpu=1, instances=20, window=window))
    placed(edge, application("before", cpu=1, instances=20, expires_after="2h"))
    refused("capacity.waiting", placed, edge, application("long", cpu=1, expires_after="3h"))
    clock.goes_on(5 * 3600)
    assert edge.picture().snapshot.running == {}
    assert {row.application: row.instance_hours for row in usage(edge, 0, clock.now)} == {"before": 40, "festival": 60}


def test_a_reservation_for_slices_is_used_by_the_same_slices(edge: Books) -> None:
    day = daily("day", 20, "08:00-20:00").model_copy(update={})
    mine = day.model_copy(update={"metadata": day.metadata.model_copy(update={"namespace": "vm"})})
    reserve.reserve(edge, promise(applications=[mine]), ME)
    refused("capacity.waiting", placed, edge, daily("noon", 1, "12:00-13:00"))
    placed(edge, daily("night", 20, "20:00-08:00"))
    placed(edge, mine)
    assert (instances(edge, "vm/day"), edge.picture().bookings) == (20, {})


def test_usage_counts_the_hours_that_are_open(edge: Books, clock: Clock) -> None:
    """MORNING is 16:00 in Shanghai."""
    placed(edge, daily("evening", 1, "18:00-23:00"))
    clock.goes_on(24 * 3600)
    (row,) = usage(edge, 0, clock.now)
    assert (row.instance_hours, row.hours) == (5, {"cpu": 5000})
