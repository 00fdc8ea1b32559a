"""Many small bookings in one transaction: as if they were made one after the other, and each can be made again."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from planner.ledger import stock
from planner.ledger.answer import Booked
from planner.ledger.balance import balance
from planner.ledger.books import Books, By
from planner.ledger.refused import Refused
from planner.ledger.release import release
from planner.ledger.replay import replay
from planner.ledger.reserve import reserve
from planner.ledger.together import Order, commit_together
from planner.manifests.reservation import Reservation
from planner.plans.plan import SolveOptions
from planner.store import audit
from tests.databases import Clock, made, opened
from tests.worlds import application, server, site, world

ME = By("me")
QUICK = SolveOptions(time_limit=1.0, workers=1, effort=0)


def order(name: str, instances: int = 1, by: By = ME, **more: Any) -> Order:
    return Order((application(name, cpu=1, instances=instances, **more),), QUICK, by)


def stocked(books: Books, servers: int = 2, cpu: int = 4000) -> None:
    rooms = [server(f"gz{row}", site="gz", cpu=cpu) for row in range(servers)]
    stock.import_world(books, world(site("gz"), *rooms), ME)


def test_each_is_planned_on_what_the_ones_before_it_take(books: Books) -> None:
    stocked(books)
    before = books.picture().generation
    found = commit_together(books, [order("a", 3), order("b", 3, By("you")), order("c", 3), order("d", 2)])
    assert [type(each) for each in found] == [Booked, Booked, Refused, Booked]
    assert isinstance(found[2], Refused)
    assert found[2].code == "capacity.waiting"
    picture = books.picture()
    assert picture.generation == before + 1, "one transaction"
    assert int(picture.snapshot.free.sum(axis=0)[0]) == 0
    assert balance(books) == []
    with books.database.reading() as connection:
        told = audit.entries(connection, action="allocation.book", most=9)[::-1]
    assert [entry.actor for entry in told] == ["me", "you", "me"]


def test_each_can_be_made_again(books: Books) -> None:
    stocked(books)
    found = commit_together(books, [order(name, 2) for name in "abc"])
    for each in found:
        assert isinstance(each, Booked)
        assert each.decision is not None
        assert replay(books, each.decision.plan.plan).same


def test_what_cannot_be_together_is_done_alone(books: Books) -> None:
    """A promise is used, and an application that runs already is looked at anew."""
    stocked(books)
    promise = {"metadata": {"name": "mine", "namespace": "default"}, "spec": {"amounts": {"cpu": "2"}}}
    reserve(books, Reservation.model_validate(promise), ME)
    found = commit_together(books, [order("a", 2), order("b", 2), order("b", 2)])
    assert [type(each) for each in found] == [Booked, Booked, Refused]
    assert balance(books) == []


def test_who_loses_a_race_is_planned_again(books: Books, database: str, clock: Clock) -> None:
    stocked(books)
    with opened(database, clock) as other:

        def somebody_is_faster() -> None:
            assert isinstance(commit_together(other, [order("fast", 2)])[0], Booked)

        found = commit_together(books, [order("a", 3), order("b", 3)], before=somebody_is_faster)
    assert [type(each) for each in found] == [Booked, Booked]
    assert balance(books) == []
    assert int(books.picture().snapshot.free.sum(axis=0)[0]) == 0


def test_who_loses_a_race_leaves_the_others_together(books: Books, database: str, clock: Clock) -> None:
    """The first, and the child of its application, are booked again by themselves; what was planned after them stands,
    and can be made again."""
    rooms = [server(f"{place}{row}", site=place) for place in ("gz", "sh") for row in range(2)]
    stock.import_world(books, world(site("gz"), site("sh"), *rooms), ME)
    before = books.picture().generation
    gz: dict[str, Any] = {"where": {"site": "gz"}}
    sh: dict[str, Any] = {"where": {"site": "sh"}}
    child = application("c", cpu=1, master={"application": "a", "ratio": 1})
    with opened(database, clock) as other:

        def somebody_is_faster() -> None:
            assert isinstance(commit_together(other, [order("fast", 1, **gz)])[0], Booked)

        orders = [order("a", 1, **gz), order("b", 1, **sh), Order((child,), QUICK, ME), order("d", 1, **sh)]
        found = commit_together(books, orders, before=somebody_is_faster)
    assert [type(each) for each in found] == [Booked] * 4
    generations = [each.generation - before for each in found if isinstance(each, Booked)]
    assert generations == [3, 2, 4, 2]
    assert balance(books) == []
    for each in found:
        assert isinstance(each, Booked)
        assert each.decision is not None
        assert replay(books, each.decision.plan.plan).same


@settings(max_examples=15, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(["gz", "sh", None]), st.integers(1, 4)), min_size=2, max_size=8), st.data())
def test_two_that_book_at_the_same_time_book_the_same_as_one(
    tmp_path_factory: pytest.TempPathFactory, wanted: list[tuple[str | None, int]], data: st.DataObject
) -> None:
    """Nothing is lost or sold twice, whoever is in whose way, and every plan can be made again."""
    url = made(f"sqlite:///{tmp_path_factory.mktemp('books')}/two.db")
    rooms = [server(f"{place}{row}", site=place, cpu=32000) for place in ("gz", "sh") for row in range(2)]
    orders = [
        order(f"a{row}", count, where={} if place is None else {"site": place})
        for row, (place, count) in enumerate(wanted)
    ]
    first = data.draw(st.integers(1, len(orders) - 1))
    with opened(url, Clock()) as books, opened(url, Clock()) as other:
        stock.import_world(books, world(site("gz"), site("sh"), *rooms), ME)
        meanwhile: list[Any] = []
        found = commit_together(
            books, orders[:first], before=lambda: meanwhile.extend(commit_together(other, orders[first:]))
        )
        assert balance(books) == []
        booked = [each for each in (*found, *meanwhile) if isinstance(each, Booked)]
        asked = sum(count for _, count in wanted)
        assert sum(line.instances for each in booked for line in each.lines) == asked, "there was room for all"
        for each in booked:
            assert each.decision is not None
            assert replay(books, each.decision.plan.plan).same


def test_nothing_of_a_transaction_that_fails_is_left(books: Books, monkeypatch: pytest.MonkeyPatch) -> None:
    """The last of three breaks: each is booked by itself, once."""
    stocked(books)
    monkeypatch.setattr("planner.ledger.together._booked", _breaks)
    found = commit_together(books, [order(name, 2) for name in "abc"])
    assert [type(each) for each in found] == [Booked, Booked, Booked]
    assert balance(books) == []
    release(books, "a", ME)


def _breaks(*_: object) -> Any:
    raise Refused("capacity.taken", "somebody else has the room")


@settings(max_examples=5, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 3), st.integers(1, 6)), min_size=1, max_size=6))
def test_the_same_is_booked_as_one_after_the_other(
    tmp_path_factory: pytest.TempPathFactory, wanted: list[tuple[int, int]]
) -> None:
    """Together and apart, the same orders get the same instances, and nothing is oversold."""
    folder = tmp_path_factory.mktemp("books")
    orders = [
        Order((application(f"a{row}", cpu=cpu, instances=count),), QUICK, ME) for row, (cpu, count) in enumerate(wanted)
    ]
    told = []
    for name, size in (("together", len(orders)), ("apart", 1)):
        with opened(made(f"sqlite:///{folder}/{name}.db"), Clock()) as books:
            stocked(books, servers=3)
            found = []
            for begin in range(0, len(orders), size):
                found += commit_together(books, orders[begin : begin + size])
            assert balance(books) == []
            told.append([isinstance(each, Booked) for each in found])
    assert told[0] == told[1]
