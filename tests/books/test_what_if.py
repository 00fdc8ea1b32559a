"""A loss on paper degrades for good what the same loss degrades in the books, and tells how much of it."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from planner.ledger import reserve, stock
from planner.ledger.books import Books
from planner.manifests.documents import Source
from planner.manifests.instants import told
from planner.whatif.base import Base
from planner.whatif.executor import here
from planner.whatif.job import Run
from planner.whatif.manifest import Asked
from planner.whatif.opening import job
from planner.whatif.promises import EVERYTHING
from planner.whatif.questions.retire import retire
from planner.whatif.questions.survive import Survive, every_loss, survive
from planner.whatif.reserved import Reserved
from planner.whatif.result import ScenarioResult
from tests.books.asking import ME, placed, promise, refused
from tests.databases import MORNING, Clock
from tests.worlds import application

DAY = 86_400_000
ROOM = [application("fill", cpu=5, instances=2, where={"site": "sz"})]


def lose(books: Books, begin: int = MORNING) -> tuple[dict[str, ScenarioResult], Survive]:
    """(scenario by the site that is lost, what survives)."""
    picture = books.seen()
    base = Base.of(picture.view(begin), (), {"cpu": 1000}, Reserved.of(picture, begin))
    under_way = Run(job("any", base, Asked(scenarios=every_loss(["site"], {})), Source("test")))
    list(under_way.results(here))
    result = under_way.result()
    assert not result.failed, [each.error for each in result.scenarios]
    return {each.name.split()[1]: each for each in result.scenarios}, survive(base, result)


def apart(name: str, **more: Any) -> Any:
    return application(name, namespace="vm", spread=[{"over": "server", "maxInstances": 1}], **more)


CASES: dict[str, list[dict[str, Any]]] = {
    "there is room": [{"applications": [apart("web", cpu=5, instances=2)]}],
    "no room": [{"applications": [apart("web", cpu=8, instances=3)]}],
    "too tight by its rule": [{"applications": [apart("web", cpu=2, instances=3)]}],
    "together": [{"applications": [application("web", cpu=4, instances=2, namespace="vm", together=[{"at": "site"}])]}],
    "bound to a site": [
        {"applications": [application("web", cpu=1, instances=2, namespace="vm", where={"site": "gz"})]}
    ],
    "bulk": [{"amounts": {"cpu": 9, "memory": "4Gi"}}],
    "bulk without room": [{"amounts": {"cpu": 24}}],
    "bulk of a site": [{"amounts": {"cpu": 2}, "where": {"site": "gz"}}],
    "one after the other": [
        {"applications": [apart("web", cpu=5, instances=2)], "end": told(MORNING + DAY)},
        {"applications": [apart("web", cpu=5, instances=2)], "start": told(MORNING + DAY)},
    ],
    "master and child": [
        {
            "applications": [
                application("web", cpu=2, instances=2, namespace="vm"),
                application("log", cpu=1, namespace="vm", master={"application": "web", "ratio": 1}),
            ]
        }
    ],
}


@pytest.mark.parametrize("case", CASES)
def test_what_breaks_on_paper_is_what_breaks(edge: Books, case: str) -> None:
    placed(edge, *ROOM)
    for row, spec in enumerate(CASES[case]):
        reserve.reserve(edge, promise(f"later{row}", **spec), ME)
    found, answer = lose(edge)
    worst = set()
    for at in ("gz", "sz"):
        stock.set_state(edge, "offline", ME, site=at)
        degraded = {each.name for each in edge.picture().bookings.values() if each.degraded}
        broken = {row.promise.removeprefix("reservation ").partition(",")[0] for row in promised(found[at])}
        assert broken == degraded, f"{case}: {at}"
        worst |= broken
        assert {row.reservation for row in found[at].refused if row.reservation} == degraded
        stock.set_state(edge, "online", ME, site=at)
    assert {row.promise.removeprefix("reservation ").partition(",")[0] for row in answer.broken} - {EVERYTHING} == worst


@pytest.mark.parametrize("case", CASES)
def test_a_site_can_be_given_up_when_what_is_reserved_there_has_another_place(edge: Books, case: str) -> None:
    placed(edge, *ROOM)
    for row, spec in enumerate(CASES[case]):
        reserve.reserve(edge, promise(f"later{row}", **spec), ME)
    picture = edge.seen()
    base = Base.of(picture.view(MORNING), (), {"cpu": 1000}, Reserved.of(picture, MORNING))
    found = retire(base, ["gz"])
    stock.set_state(edge, "offline", ME, site="gz")
    degraded = {each.name for each in edge.picture().bookings.values() if each.degraded}
    assert {row.reservation for row in found.refused} == degraded
    assert found.can == (not degraded)


def promised(each: ScenarioResult) -> list[Any]:
    return [row for row in each.broken if row.promise != EVERYTHING]


def test_figures_tell_whose_and_how_much(edge: Books) -> None:
    placed(edge, *ROOM)
    reserve.reserve(edge, promise("shaped", applications=[application("web", cpu=2, instances=3, namespace="vm")]), ME)
    reserve.reserve(edge, promise("bulk", tenant="ct", amounts={"cpu": 20}), ME)
    found, answer = lose(edge)
    lost = Counter[str]()
    for each in found.values():
        assert each.score
        lost.update({"web": each.lost.reserved or 0, **(each.lost.amounts or {})})
        missing = Counter(each.score.amounts or {})
        rows = [row for row in each.refused if row.tenant == "ct"]
        assert sum((Counter(row.amounts or {}) for row in rows), Counter[str]()) == missing
        assert each.score.refused_vcpu == sum(row.vcpu for row in each.refused)
        assert all((row.application, row.instances, row.reservation) == ("ct", 0, "bulk") for row in rows)
        assert [(row.needed, row.left) for row in promised(each) if row.tenant == "ct"] == [
            (20_000, 20_000 - missing["cpu"]) for _ in rows
        ]
    assert lost == {"web": 3, "cpu": 20_000}
    assert answer.promises == 3, "what runs, the instances, the cpu in bulk"


def test_what_was_used_or_is_over_is_promised_no_more(edge: Books, clock: Clock) -> None:
    ends = told(MORNING + DAY)
    reserve.reserve(edge, promise("used", applications=[application("web", cpu=1, instances=3, namespace="vm")]), ME)
    reserve.reserve(edge, promise("short", tenant="ct", amounts={"cpu": 4}, end=ends), ME)
    placed(edge, application("web", cpu=1, instances=2, namespace="vm"))
    found, answer = lose(edge)
    assert sum(each.lost.reserved or 0 for each in found.values()) == 1
    assert sum(each.lost.instances for each in found.values()) == 2
    assert answer.promises == 3
    later, _ = lose(edge, MORNING + 2 * DAY)
    assert not any(each.lost.amounts for each in later.values())
    clock.goes_on(1)


def test_what_is_reserved_takes_no_room_from_what_follows_it(edge: Books) -> None:
    """Three quarters that are promised the same servers are asked for again one after the other, too."""
    for row in range(3):
        span: dict[str, Any] = {"start": told(MORNING + row * DAY), "end": told(MORNING + (row + 1) * DAY)}
        web = application("web", cpu=10, instances=2, namespace="vm")
        reserve.reserve(edge, promise(f"q{row}", applications=[web], **span), ME)
    refused("capacity.waiting", placed, edge, application("more", cpu=10, instances=3))
    found, _ = lose(edge)
    assert not any(each.refused for each in found.values())


def test_the_books_stay_as_they_are(edge: Books) -> None:
    reserve.reserve(edge, promise(amounts={"cpu": 20}), ME)
    before = edge.picture().generation
    lose(edge)
    assert edge.picture().generation == before
