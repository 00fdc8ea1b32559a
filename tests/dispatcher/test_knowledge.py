"""What is known: books, specifications and clusters, each as of its own moment, and none of them believed too early."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any, cast

from dispatcher.books import Books, Standing
from dispatcher.dispatch import Dispatcher
from dispatcher.holdings import Holdings
from dispatcher.kube import Kube
from dispatcher.names import notes
from dispatcher.package import Place
from dispatcher.plans import Knowledge, Placed
from dispatcher.settings import Settings

OLD, NEW = Placed("old", "p1", {"gz": {"a": 1}}), Placed("new", "p2", {"gz": {"a": 2}})
PLACES = {"gz": Place("gz", "south")}


def app(name: str, **metadata: Any) -> dict[str, Any]:
    spec = {"runtime": "container", "image": "a:1", "resources": {"cpu": 1}, "demand": [{"instances": 1}]}
    return {"metadata": {"name": name, "namespace": "acme", **metadata}, "spec": spec}


def test_an_answer_that_is_older_than_our_own_change_is_not_believed() -> None:
    """Else a package that was delivered a moment ago would be taken away again."""
    knowledge = Knowledge()
    asked = knowledge.serial
    knowledge.booked({"acme/x": NEW}, PLACES)
    assert knowledge.read({"acme/x": OLD, "acme/y": OLD}, {}, asked) == {"acme/y"}
    assert (knowledge.placed["acme/x"], knowledge.cluster("gz")) == (NEW, "south")
    assert knowledge.read({"acme/y": OLD}, PLACES, knowledge.serial) == {"acme/x"}
    knowledge.ended("acme/y")
    assert knowledge.read({"acme/y": OLD}, PLACES, asked) == set()


def test_what_is_to_leave_gets_nothing_whatever_it_asks_for() -> None:
    knowledge = Knowledge(placed={"acme/x": NEW}, places=dict(PLACES))
    knowledge.want("acme/x", app("x"))
    assert [site for site, _ in knowledge.packages("acme/x", "south")] == ["gz"]
    knowledge.leaving.add("acme/x")
    assert not list(knowledge.packages("acme/x", "south"))


def test_a_family_is_known_anew_when_its_members_change() -> None:
    knowledge = Knowledge()
    child = app("log")
    child["spec"]["master"] = {"application": "fn"}
    knowledge.want("acme/log", child)
    assert knowledge.family("acme/log") == ["acme/log"]
    knowledge.want("acme/fn", app("fn"))
    assert knowledge.family("acme/log") == knowledge.family("acme/fn") == ["acme/fn", "acme/log"]
    knowledge.drop("acme/fn")
    assert knowledge.family("acme/log") == ["acme/log"]


def test_holdings_forget_what_has_gone() -> None:
    holdings = Holdings()
    first: Any = {"kind": "Service", "metadata": {"name": "x", "annotations": notes("acme/x", "gz")}}
    foreign: Any = {"kind": "Service", "metadata": {"name": "y"}}
    assert (holdings.object(None, first), holdings.object(None, foreign)) == ("acme/x", "")
    assert holdings.any("acme/x")
    assert holdings.applications() == {"acme/x"}
    assert holdings.left("acme/x") == "Service x"
    second = {**first, "metadata": {**first["metadata"], "annotations": {}}}
    holdings.object(first, second)
    assert not holdings.any("acme/x")


def dispatcher(books: object) -> Dispatcher:
    return Dispatcher(cast(Kube, SimpleNamespace()), cast(Books, books), Settings())


class Released:
    """Books that have one application, and are told to release it."""

    def __init__(self) -> None:
        self.released: list[str] = []

    async def standing(self) -> Standing:
        return Standing(
            {} if self.released else {"acme/x": Placed("d", "p", {"gz": {"a": 1}})}, {"gz": Place("gz", "")}
        )

    async def release(self, application: str) -> None:
        self.released.append(application)


def test_a_deletion_waits_until_the_books_are_known() -> None:
    """A dispatcher that has just started would find nothing booked, and let go of what is."""

    async def story() -> None:
        books = Released()
        made = dispatcher(books)
        deletion = asyncio.create_task(made.forget("acme/x"))
        await asyncio.sleep(0.05)
        assert not deletion.done()
        await made.look()
        await asyncio.wait_for(deletion, 5)
        assert books.released == ["acme/x"]

    asyncio.run(story())


def test_an_application_that_goes_without_our_finalizer_gives_its_room_back() -> None:
    async def story() -> None:
        books = Released()
        made = dispatcher(books)
        made.changed(None, app("x"))
        await made.look()
        made.changed(app("x"), None)
        async with asyncio.timeout(5):
            while not books.released:
                await asyncio.sleep(0.01)

    asyncio.run(story())


def test_who_tells_of_a_deletion_may_be_ahead_of_the_list_of_applications() -> None:
    async def story() -> None:
        books = Released()
        made = dispatcher(books)
        made.changed(None, app("x"))
        await made.look()
        deletion = asyncio.create_task(made.forget("acme/x"))
        made.changed(app("x"), app("x", labels={"late": "news"}))
        await asyncio.sleep(0.2)
        assert not deletion.done()
        made.changed(app("x"), app("x", deletionTimestamp="2027-01-01T00:00:00Z"))
        await asyncio.wait_for(deletion, 5)
        assert books.released == ["acme/x"]

    asyncio.run(story())
