"""Why it does not fit on the books: what others are promised counts, and only those who may know learn whose it is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from planner.explain.explanation import CounterOffer, Explanation
from planner.explain.infeasible import ExplainOptions
from planner.ledger import commit, holds, reserve, stock
from planner.ledger.books import Books, By
from planner.ledger.explain import explain
from planner.manifests.application import Application
from planner.manifests.reservation import Reservation
from planner.plans.plan import SolveOptions
from tests.databases import Clock
from tests.worlds import application, server, site, world

ME = By("me")
HOUR = 3_600_000


@pytest.fixture
def edge(books: Books) -> Books:
    """One server of ten cores."""
    stock.import_world(books, world(site("gz"), server("gz1", site="gz", cpu=10_000, memory=40_960)), ME)
    return books


def promised(books: Books, name: str, tenant: str, cpu: int, **spec: Any) -> None:
    content = {"metadata": {"name": name, "namespace": tenant}, "spec": {"amounts": {"cpu": cpu}, **spec}}
    reserve.reserve(books, Reservation.model_validate(content), ME)


def explained(books: Books, asked: Application, tenants: Sequence[str] | None = None) -> Explanation | None:
    """None: it fits."""
    *_, last = explain(books.picture(), [asked], None, ExplainOptions(), books.clock(), tenants)
    return last.refused[0] if last.refused else None


def offers(books: Books, asked: Application, tenants: Sequence[str] | None = None) -> dict[str, CounterOffer]:
    refused = explained(books, asked, tenants)
    assert refused is not None
    assert refused.status == "infeasible"
    return {offer.kind: offer for offer in refused.counter_offers}


def test_reservations_count_and_can_be_called_off(edge: Books) -> None:
    promised(edge, "later", "vm", 8)
    promised(edge, "small", "vm", 1)
    found = offers(edge, application("web", cpu=5, namespace="pods"))
    assert found["release"].message == "call off reservation vm/later (cpu 8)"
    assert found["release"].least
    assert [(each.subject, each.field) for each in found["release"].changes] == [("reservation vm/later", "state")]


def test_the_earliest_start_is_when_enough_has_ended(edge: Books, clock: Clock) -> None:
    promised(edge, "first", "vm", 2, end=clock() + HOUR)
    promised(edge, "second", "vm", 4, end=clock() + 2 * HOUR)
    promised(edge, "third", "vm", 3, end=clock() + 3 * HOUR)
    found = offers(edge, application("web", cpu=6, namespace="pods"))["start"]
    assert found.least
    assert found.changes[0].offered == "2027-01-15 10:00 +00:00"
    clock.goes_on(2 * 3600)
    assert explained(edge, application("web", cpu=6, namespace="pods")) is None


def test_what_ends_by_itself_may_have_to_wait_for_the_second_gap(edge: Books, clock: Clock) -> None:
    """Free from 1 h to 2 h and from 3 h on; two hours are wanted."""
    promised(edge, "first", "vm", 8, end=clock() + HOUR)
    promised(edge, "second", "vm", 8, start=clock() + 2 * HOUR, end=clock() + 3 * HOUR)
    for wanted, begins in (("2h", "11:00"), ("1h", "09:00")):
        asked = application("web", cpu=6, namespace="pods", expires_after=wanted)
        found = offers(edge, asked)["start"]
        assert found.changes[0].offered == f"2027-01-15 {begins} +00:00", wanted
        assert found.least


def test_the_own_reservation_is_there_to_be_used(edge: Books) -> None:
    promised(edge, "later", "pods", 8)
    assert explained(edge, application("web", cpu=5, namespace="pods")) is None


def test_nobody_learns_whose_room_it_is(edge: Books) -> None:
    """Neither promises nor what runs of others is named; their own is."""
    promised(edge, "secret", "vm", 3)
    options = SolveOptions(time_limit=2.0)
    commit.commit(edge, [application("hidden", cpu=3, namespace="bank")], options, ME)
    holds.hold(edge, [application("held", cpu=1, namespace="pods")], options, ME)
    asked = application("web", cpu=5, namespace="pods", priority=9)
    refused = explained(edge, asked, ["pods"])
    assert refused is not None
    told = refused.model_dump_json()
    assert not any(name in told for name in ("secret", "hidden", "vm/", "bank"))
    assert explained(edge, asked) != refused
    found = offers(edge, application("web", cpu=4, namespace="pods"), ["pods"])
    assert found["release"].message.startswith("call off hold ")
