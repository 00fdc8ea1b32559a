"""Reservations: promised to one tenant, used first, changed as a whole, and put elsewhere when servers are lost."""

from __future__ import annotations

from planner.ledger import reserve, stock
from planner.ledger.books import Books
from planner.manifests.instants import told
from tests.books.asking import ME, free, placed, promise, refused
from tests.databases import MORNING, Clock
from tests.worlds import application


def test_another_tenants_reservation_is_not_for_sale(edge: Books) -> None:
    reserve.reserve(edge, promise(amounts={"cpu": "25"}), ME)
    assert free(edge) == 15
    no = refused("capacity.waiting", placed, edge, application("con", cpu=1, instances=16, namespace="other"))
    assert no.explanation
    assert no.explanation.shortfall == {"cpu": 1000}
    assert "vm" not in str(no.explanation), "nobody learns whose it is"
    placed(edge, application("con", cpu=1, instances=15, namespace="other"))
    placed(edge, application("mine", cpu=1, instances=20, namespace="vm", runtime="vm"))
    assert free(edge) == 0
    placed(edge, application("rest", cpu=1, instances=5, namespace="vm"))
    assert edge.picture().bookings == {}, "it is used up"
    refused("capacity.waiting", placed, edge, application("one", cpu=1, namespace="vm"))


def test_reserved_instances_float_until_they_are_used(edge: Books) -> None:
    web = application("web", cpu=5, instances=4, namespace="vm", spread=[{"over": "server", "maxInstances": 1}])
    booked = reserve.reserve(edge, promise(applications=[web]), ME)
    assert sorted(booked.servers) == ["gz1", "gz2", "sz1", "sz2"]
    refused("capacity.waiting", placed, edge, application("big", cpu=6, namespace="other"))
    placed(edge, application("web", cpu=5, instances=3, namespace="vm"))
    (left,) = (line for line in edge.picture().floating if line.kind == "reservation")
    assert left.instances == 1
    assert free(edge) == 20
    placed(edge, application("web2", cpu=4, instances=1, namespace="vm"))
    assert len(edge.picture().floating) == 1, "another shape does not use it"


def test_a_targeted_reservation_is_for_those_who_name_it(edge: Books) -> None:
    reserve.reserve(edge, promise(amounts={"cpu": "39"}, match="targeted"), ME)
    refused("capacity.waiting", placed, edge, application("web", cpu=1, instances=2, namespace="vm"))
    placed(edge, application("web", cpu=1, instances=2, namespace="vm", reservation="later"))
    refused("reservation.exists", reserve.reserve, edge, promise(amounts={"cpu": "1"}, end=told(MORNING + 1)), ME)


def test_a_reservation_changes_as_a_whole_or_not(edge: Books, clock: Clock) -> None:
    reserve.reserve(edge, promise(amounts={"cpu": "10"}), ME)
    reserve.change(edge, promise(amounts={"cpu": "35"}), ME)
    assert free(edge) == 5
    refused("capacity.exceeds", reserve.change, edge, promise(amounts={"cpu": "41"}), ME)
    refused("reservation.started", reserve.change, edge, promise(amounts={"cpu": "1"}, start=told(MORNING + 9)), ME)
    assert free(edge) == 5
    clock.goes_on(1)
    reserve.change(edge, promise(amounts={"cpu": "35"}, end=told(MORNING + 60_000)), ME)
    assert (free(edge, clock.now), free(edge, MORNING + 60_000)) == (5, 40)
    reserve.cancel(edge, "vm", "later", ME)
    assert free(edge, clock.now) == 40
    refused("reservation.unknown", reserve.cancel, edge, "vm", "later", ME)


def test_a_reservation_that_loses_room_is_put_elsewhere_or_degraded(edge: Books) -> None:
    web = application("web", cpu=10, instances=2, namespace="vm", spread=[{"over": "server", "maxInstances": 1}])
    reserve.reserve(edge, promise(applications=[web]), ME)
    reserve.reserve(edge, promise("bulk", amounts={"cpu": "5"}), ME)
    stock.set_state(edge, "offline", ME, site="gz")
    picture = edge.picture()
    degraded = [each.name for each in picture.bookings.values() if each.degraded]
    lines = [line for line in picture.floating if line.kind == "reservation"]
    if degraded:
        assert len(degraded) == 1, "20 cores are left for 25"
    else:
        raise AssertionError("25 cores cannot be promised on 20")
    assert {line.server for line in lines if picture.frozen(line.server)}
    stock.set_state(edge, "online", ME, site="gz")
    assert not any(each.degraded for each in edge.picture().bookings.values())
