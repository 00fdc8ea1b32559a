"""What the books promise: nothing is sold twice, and every booking goes through its states."""

from __future__ import annotations

import pytest
import sqlalchemy

from planner.ledger import commit, holds, reserve, stock
from planner.ledger.answer import Booked, once
from planner.ledger.book import allocation as allocation_of
from planner.ledger.book import attempts, book
from planner.ledger.books import Books, By
from planner.ledger.decide import decide
from planner.ledger.picture import Picture
from planner.ledger.refused import Stale
from planner.ledger.release import release
from planner.ledger.replay import replay
from planner.ledger.usage import usage
from planner.manifests.errors import InvalidInput
from planner.manifests.instants import told
from planner.store import reading
from planner.store.rooms import change
from planner.store.unit import Unit
from tests.books.asking import ME, QUICK, free, instances, placed, promise, refused
from tests.databases import MORNING, Clock, opened
from tests.worlds import allocation, application, server, site, world


def test_what_is_committed_runs_until_it_is_released(edge: Books) -> None:
    booked = placed(edge, application("web", cpu=2, instances=12))
    assert (instances(edge, "web"), free(edge)) == (12, 16)
    assert booked.generation == edge.picture().generation == 2
    released = release(edge, "web", ME, instances=5)
    assert (released.instances, released.remaining, free(edge)) == (5, 7, 26)
    refused("allocation.unknown", release, edge, "web", ME, instances=8)
    release(edge, "web", ME)
    assert (instances(edge, "web"), free(edge)) == (0, 40)
    assert edge.picture().snapshot.applications == {}


def test_more_is_refused_with_what_is_missing(edge: Books) -> None:
    placed(edge, application("web", cpu=2, instances=12))
    no = refused("capacity.waiting", placed, edge, application("more", cpu=2, instances=10))
    assert no.explanation
    assert (no.explanation.shortfall, no.explanation.fits) == ({"cpu": 4000}, 8)
    no = refused("capacity.exceeds", placed, edge, application("huge", cpu=2, instances=25))
    assert no.explanation
    assert no.explanation.shortfall == {"cpu": 34_000}
    assert instances(edge, "more") == instances(edge, "huge") == 0


def test_the_database_refuses_what_no_planner_should_ask(edge: Books) -> None:
    """A line too many is a constraint that breaks, whoever writes it."""
    (line,) = placed(edge, application("web", cpu=6, instances=1)).lines
    with (
        pytest.raises(sqlalchemy.exc.IntegrityError, match="never_oversold"),
        edge.database.writing() as connection,
    ):
        change(connection, [line], [], MORNING)


def test_a_lost_race_is_stale_and_can_be_planned_again(edge: Books) -> None:
    wanted = application("late", cpu=2, instances=3)
    plan = commit.plan(edge, [wanted], QUICK, ME).plan
    placed(edge, application("fast", cpu=1, instances=20, where={"site": ["gz", "sz"]}, spread=[
        {"over": "server", "maxInstances": 5}
    ]))  # fmt: skip
    refused("plan.stale", commit.commit_plan, edge, plan.plan, ME)
    again = commit.plan(edge, [wanted], QUICK, ME).plan
    assert commit.commit_plan(edge, again.plan, ME).booking.kind == "allocation"
    assert instances(edge, "late") == 3


def test_capacity_is_booked_over_the_calendar(edge: Books, clock: Clock) -> None:
    """Reserved from hour 10 to 20; until then it is for what ends before, and after it for all."""
    hour = 3_600_000
    start, end = MORNING + 10 * hour, MORNING + 20 * hour
    reserve.reserve(edge, promise(amounts={"cpu": "30"}, start=told(start), end=told(end)), ME)
    assert (free(edge), free(edge, MORNING, start), free(edge, end)) == (10, 40, 40)
    no = refused("capacity.waiting", placed, edge, application("web", cpu=1, instances=20))
    assert no.explanation
    assert no.explanation.when == end
    assert f"end before {told(start)}: until then all fits" in no.explanation.helps
    placed(edge, application("short", cpu=1, instances=40, expires_after="10h"))
    assert free(edge, MORNING, start) == 0
    clock.goes_on(10 * 3600)
    assert (instances(edge, "short"), free(edge, start)) == (0, 10)
    clock.goes_on(10 * 3600)
    assert (edge.picture().bookings, free(edge, end)) == ({}, 40)
    placed(edge, application("web", cpu=1, instances=20))


def test_an_end_that_is_past_is_bad_input(edge: Books) -> None:
    with pytest.raises(InvalidInput, match="an instant after"):
        placed(edge, application("web", cpu=1, end=told(MORNING)))


def test_a_hold_is_confirmed_or_gone(edge: Books, clock: Clock) -> None:
    web = application("web", cpu=1, instances=30)
    held = holds.hold(edge, [web], QUICK, ME).booking
    assert free(edge) == 10
    clock.goes_on(299)
    holds.extend(edge, held.id, 300_000, ME)
    clock.goes_on(299)
    holds.confirm(edge, held.id, ME)
    assert (instances(edge, "web"), free(edge)) == (30, 10)
    refused("hold.gone", holds.cancel, edge, held.id, ME)
    other = holds.hold(edge, [application("other", cpu=1, instances=10)], QUICK, ME).booking
    clock.goes_on(301)
    assert free(edge) == 10
    refused("hold.gone", holds.confirm, edge, other.id, ME)
    third = holds.hold(edge, [application("third", cpu=1, instances=10)], QUICK, ME).booking
    assert holds.cancel(edge, third.id, ME).state == "cancelled"
    assert free(edge) == 10


def test_a_plan_becomes_a_reservation_as_it_stands(edge: Books) -> None:
    plan = commit.plan(edge, [application("web", cpu=2, instances=8, namespace="vm")], QUICK, ME).plan
    booked = reserve.promote(edge, plan.plan, "soon", ME)
    rows = zip(booked.servers, booked.lines, strict=True)
    assert {(name, line.instances) for name, line in rows} == {(row.server, row.instances) for row in plan.placements}
    assert free(edge) == 24
    refused("plan.stale", reserve.promote, edge, plan.plan, "again", ME)


def test_an_offline_site_is_frozen(edge: Books, clock: Clock) -> None:
    placed(edge, application("web", cpu=1, instances=8, where={"site": "gz"}, expires_after="1h"))
    stock.set_state(edge, "offline", ME, site="gz")
    assert free(edge) == 20
    refused("site.frozen", release, edge, "web", ME, instances=1)
    refused("server.in-use", stock.set_state, edge, "retired", ME, site="gz")
    no = refused("capacity.waiting", placed, edge, application("more", cpu=1, instances=30))
    assert no.explanation
    clock.goes_on(7200)
    assert instances(edge, "web") == 8, "nothing there is freed"
    stock.set_state(edge, "online", ME, site="gz")
    assert (instances(edge, "web"), free(edge)) == (0, 40)


def test_servers_drain_and_retire(edge: Books) -> None:
    (line,) = placed(edge, application("web", cpu=1, where={"site": "gz"})).lines
    (name,) = edge.picture().names([line])
    stock.set_state(edge, "draining", ME, server=name)
    assert free(edge) == 30
    refused("server.in-use", stock.set_state, edge, "retired", ME, server=name)
    release(edge, "web", ME)
    stock.set_state(edge, "retired", ME, server=name)
    assert free(edge) == 30
    refused("server.unknown", stock.set_state, edge, "online", ME, server="nowhere")


def test_capacity_cannot_shrink_below_what_is_used(edge: Books) -> None:
    placed(edge, application("web", cpu=8, instances=4))
    smaller = world(site("gz", province="Guangdong"), server("gz1", site="gz", cpu=7000, memory=40_960))
    refused("capacity.taken", stock.import_inventory, edge, smaller.inventory, ME, "test")
    larger = world(site("gz", province="Guangdong"), server("gz1", site="gz", cpu=12_000, memory=40_960))
    stock.import_inventory(edge, larger.inventory, ME, "test")
    assert free(edge) == 10


def test_overcommit_is_counted_exactly(books: Books) -> None:
    """Containers count 2/3 and VMs all: 8 + 33/1.5 = 30 cores."""
    stock.import_world(books, world(server("s", cpu=30_000, cpu_overcommit=1.5)), ME)
    placed(books, application("vm", cpu=8, runtime="vm", namespace="a"))
    refused("capacity.waiting", placed, books, application("con", cpu=1, instances=34, namespace="a"))
    placed(books, application("con", cpu=1, instances=33, namespace="a"))
    assert free(books) == 0


def test_a_world_with_what_runs_is_taken_in_once(books: Books) -> None:
    web = application("web", cpu=2, instances=3)
    here = world(server("s", cpu=10_000), web, allocation("web", "s", 3))
    stock.import_world(books, here, ME)
    assert (instances(books, "web"), free(books)) == (3, 4)
    refused("application.exists", stock.import_world, books, here, ME)


def test_a_repeat_with_the_same_key_books_nothing_twice(edge: Books) -> None:
    who = By("me", "order-17", "digest")
    first = once(edge, who, lambda: commit.commit(edge, [application("web", cpu=1)], QUICK, who))
    assert once(edge, who, lambda: commit.commit(edge, [application("web", cpu=1)], QUICK, who)) == first
    assert instances(edge, "web") == 1
    other = By("me", "order-17", "another")
    refused("idempotency.mismatch", once, edge, other, lambda: placed(edge, application("web2", cpu=1)))


def test_decisions_are_made_again_from_the_books(edge: Books) -> None:
    first = placed(edge, application("web", cpu=2, instances=7))
    reserve.reserve(edge, promise(amounts={"cpu": "3"}), ME)
    second = placed(edge, application("mine", cpu=2, instances=4, namespace="vm"))
    release(edge, "web", ME, instances=3)
    stock.set_state(edge, "offline", ME, site="gz")
    stock.import_world(edge, world(site("gz", cost=5000), server("new", site="gz", cpu=1000)), ME)
    for booked in (first, second):
        assert booked.decision
        again = replay(edge, booked.decision.plan.plan)
        assert (again.same, again.again.plan) == (True, again.again.plan)
        assert again.again.placements == booked.decision.plan.placements
    refused("plan.unknown", replay, edge, "none")


def test_the_audit_log_only_grows(edge: Books) -> None:
    placed(edge, application("web", cpu=1))
    for sql in ("UPDATE audit SET actor = 'nobody'", "DELETE FROM audit"):
        with (
            pytest.raises(sqlalchemy.exc.DBAPIError, match="only grows"),
            edge.database.writing() as connection,
        ):
            connection.exec_driver_sql(sql)
    with edge.database.reading() as connection:
        rows = connection.exec_driver_sql('SELECT actor, action, "before", "after" FROM audit ORDER BY id').all()
    assert [tuple(row) for row in rows] == [("me", "inventory.import", 0, 1), ("me", "allocation.book", 1, 2)]


def test_usage_is_amounts_times_hours(edge: Books, clock: Clock) -> None:
    placed(edge, application("web", cpu=2, instances=6, namespace="a"))
    reserve.reserve(edge, promise(amounts={"cpu": "10"}), ME)
    clock.goes_on(3600)
    release(edge, "a/web", ME, instances=4)
    clock.goes_on(3600)
    found = {(row.tenant, row.application, row.kind): row for row in usage(edge, 0, clock.now)}
    assert found["a", "a/web", "allocation"].hours == {"cpu": 2000 * (6 + 2)}
    assert found["a", "a/web", "allocation"].instance_hours == 8
    assert found["vm", "", "reservation"].hours == {"cpu": 20_000}
    (half,) = usage(edge, MORNING, MORNING + 1_800_000, "a")
    assert half.hours == {"cpu": 6000}


def test_who_plans_while_holding_its_sites_splits_no_room(edge: Books, clock: Clock) -> None:
    """Rooms have one row for ever, unless something has an end."""

    def slowly(picture: Picture, work: Unit | None) -> Booked:
        clock.goes_on(5)
        if work is None:
            raise Stale("lost")
        decision = decide(picture, [application("web", cpu=1, instances=4)], QUICK, clock(), "me")
        clock.goes_on(5)
        return book(edge, picture, decision, allocation_of(decision), ME, work)

    attempts(edge, ME, lambda picture: set(picture.site_ids.tolist()), 3, slowly)
    assert instances(edge, "web") == 4
    with edge.database.reading() as connection:
        assert {since for _, _, since, *_ in reading.rooms(connection)} == {0}


def test_retries_end(edge: Books) -> None:
    def loses(picture: Picture, work: Unit | None) -> Booked:
        raise Stale("lost again")

    refused("plan.stale", attempts, edge, ME, lambda picture: set(), 4, loses)


def test_who_loses_a_race_looks_again_even_where_one_look_is_enough(edge: Books, database: str, clock: Clock) -> None:
    seen = list[int]()

    def loses_once(picture: Picture, work: Unit | None) -> Booked:
        seen.append(picture.generation)
        if len(seen) == 1:
            with opened(database, clock) as other:
                placed(other, application("other", cpu=1, instances=1))
            raise Stale("lost")
        decision = decide(picture, [application("web", cpu=1, instances=4)], QUICK, clock(), "me")
        return book(edge, picture, decision, allocation_of(decision), ME, work)

    with edge.still():
        before = edge.picture().generation
        attempts(edge, ME, lambda picture: set(picture.site_ids.tolist()), 3, loses_once)
    assert seen == [before, before + 1]
    assert instances(edge, "web") == 4
