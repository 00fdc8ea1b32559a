"""Sites and servers change: what depends on them says so at once, or the change is refused."""

from __future__ import annotations

import time
from typing import Any

import pytest

from planner.ledger import heal, reserve, stock
from planner.ledger.books import Books, By
from planner.ledger.follow import following
from planner.ledger.prune import prune
from planner.ledger.replay import replay
from planner.store import audit
from tests.books.asking import ME, free, placed, promise, refused
from tests.databases import Clock
from tests.worlds import application, server, site, world


def degraded(books: Books) -> list[str]:
    return [each.name for each in books.picture().bookings.values() if each.degraded]


def test_a_loss_marks_reservations_in_its_own_transaction(edge: Books, monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that dies after it leaves no reservation that looks sound and is not; who follows mends it."""
    reserve.reserve(edge, promise(amounts={"cpu": 15}), ME)
    before = edge.picture().generation
    with monkeypatch.context() as patch:
        patch.setattr(heal, "replace_lost", _dies)
        for state, name in (("offline", "gz"), ("offline", "sz"), ("online", "sz")):
            with pytest.raises(KeyboardInterrupt):
                stock.set_state(edge, state, ME, site=name)
    assert (edge.picture().generation, degraded(edge)) == (before + 3, ["later"])
    with following(edge, every=0.05):
        end = time.monotonic() + 20
        while degraded(edge) and time.monotonic() < end:
            time.sleep(0.05)
    assert degraded(edge) == []
    assert free(edge) == 5


def _dies(*_: Any) -> None:
    raise KeyboardInterrupt


def test_two_losses_count_each_other(edge: Books) -> None:
    reserve.reserve(edge, promise(amounts={"cpu": 40}), ME)
    stock.set_state(edge, "offline", ME, site="gz")
    stock.set_state(edge, "offline", ME, server="sz1")
    stock.set_state(edge, "online", ME, site="gz")
    assert degraded(edge) == ["later"]
    stock.set_state(edge, "online", ME, server="sz1")
    assert degraded(edge) == []
    with edge.database.reading() as connection:
        told = audit.entries(connection, action="reservation", most=99)[::-1]
    assert [entry.action for entry in told] == ["reservation.book", "reservation.degrade", "reservation.restore"]


def test_states_come_by_import_too(edge: Books) -> None:
    reserve.reserve(edge, promise(amounts={"cpu": 40}), ME)
    lost = world(site("gz", province="Guangdong", state="offline"))
    stock.import_inventory(edge, lost.inventory, ME, "test")
    assert degraded(edge) == ["later"]
    gone = world(site("sz", province="Guangdong", state="retired"))
    refused("server.in-use", stock.import_inventory, edge, gone.inventory, ME, "test")


def test_a_place_that_may_be_lost_keeps_its_name(books: Books) -> None:
    places = [site(at, province=f"P{at}") for at in ("gz", "hz", "sz")]
    rooms = [server(f"{at}1", site=at, cpu=8000) for at in ("gz", "hz", "sz")]
    stock.import_world(books, world(*places, *rooms), ME)
    survives = [{"lossOf": "province", "keep": "100%", "standby": "shared"}]
    placed(
        books, application("db", cpu=1, instances=6, survives=survives, spread=[{"over": "site", "maxInstances": 2}])
    )
    moved = world(site("gz", province="elsewhere"))
    refused("standby.place", stock.import_inventory, books, moved.inventory, ME, "test")
    stock.import_inventory(books, world(site("gz", province="Pgz", cost=2000)).inventory, ME, "test")


def test_what_is_old_is_forgotten_but_for_the_audit_log(edge: Books, clock: Clock) -> None:
    old = placed(edge, application("web", cpu=1))
    clock.goes_on(90 * 86_400)
    new = placed(edge, application("web2", cpu=1))
    pruned = prune(edge, 30 * 86_400_000, By("me"))
    assert (pruned.decisions, pruned.keys) == (1, 0)
    assert old.decision
    assert new.decision
    refused("plan.unknown", replay, edge, old.decision.plan.plan)
    assert replay(edge, new.decision.plan.plan).same
    with edge.database.reading() as connection:
        actions = [each.action for each in audit.entries(connection, most=9)[::-1]]
    assert actions == ["inventory.import", "allocation.book", "allocation.book", "books.prune"]
