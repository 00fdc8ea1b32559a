"""Changed applications: what may stay stays, the rest ends, what lacks is placed; in one transaction, or nothing is."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from planner.ledger import stock
from planner.ledger.answer import Booked
from planner.ledger.books import Books
from planner.ledger.change import change
from planner.ledger.deliveries import deliveries
from planner.ledger.observe import observe
from planner.manifests.application import Application
from planner.manifests.errors import InvalidInput
from tests.books.asking import ME, QUICK, free, instances, refused
from tests.worlds import application


def changed(books: Books, *applications: Application) -> Booked:
    return change(books, applications, QUICK, ME)


def where(books: Books, name: str, level: str = "server") -> Counter[str]:
    told = {row["application"]: row["sites"] for row in deliveries(books.picture())["applications"]}
    found: Counter[str] = Counter()
    for site, servers in told.get(name, {}).items():
        for server, count in servers.items():
            found[server if level == "server" else site] += count
    return found


def test_the_first_time_it_is_placed_and_the_second_time_nothing_happens(edge: Books) -> None:
    render = application("render", cpu=2, instances=6)
    assert changed(edge, render).lines
    generation, before = edge.picture().generation, where(edge, "render")
    assert sum(before.values()) == 6
    again = changed(edge, render)
    assert (again.lines, again.generation) == ((), generation)
    assert where(edge, "render") == before


@pytest.mark.parametrize("now", [3, 9])
def test_more_or_fewer_instances_move_none(edge: Books, now: int) -> None:
    changed(edge, application("render", cpu=2, instances=6))
    before = where(edge, "render")
    changed(edge, application("render", cpu=2, instances=now))
    after = where(edge, "render")
    assert sum(after.values()) == now
    assert (before & after).total() == min(now, 6), "as many as can stay have stayed"
    assert free(edge) == 40 - 2 * now


def test_another_place_moves_only_what_is_not_there(edge: Books) -> None:
    changed(edge, application("render", cpu=2, instances=14))
    before = where(edge, "render")
    changed(edge, application("render", cpu=2, instances=8, where={"site": ["sz"]}))
    after = where(edge, "render")
    assert after.keys() <= {"sz1", "sz2"}
    there = Counter({name: count for name, count in before.items() if name.startswith("sz")})
    assert (before & after).total() == min(8, there.total())


def test_other_resources_are_other_instances(edge: Books) -> None:
    changed(edge, application("render", cpu=2, instances=6))
    changed(edge, application("render", cpu=3, instances=6))
    assert instances(edge, "render") == 6
    assert free(edge) == 40 - 18


def test_what_does_not_fit_changes_nothing(edge: Books) -> None:
    changed(edge, application("render", cpu=2, instances=6))
    before, generation = where(edge, "render"), edge.picture().generation
    refused("capacity.exceeds", changed, edge, application("render", cpu=2, instances=21))
    assert (where(edge, "render"), edge.picture().generation) == (before, generation)


def test_its_own_room_is_free_for_it(edge: Books) -> None:
    """Twenty of two cores fill everything; then ten of four do: there is no other room than their own."""
    changed(edge, application("render", cpu=2, instances=20))
    changed(edge, application("render", cpu=5, instances=8))
    assert instances(edge, "render") == 8
    assert free(edge) == 0


def test_rules_that_are_new_hold_for_what_stays_too(edge: Books) -> None:
    changed(edge, application("render", cpu=2, instances=6, where={"site": ["gz"]}))
    spread: dict[str, Any] = {"over": "site", "maxInstances": 3}
    changed(edge, application("render", cpu=2, instances=6, where={"province": "Guangdong"}, spread=[spread]))
    assert where(edge, "render", "site") == {"gz": 3, "sz": 3}


def test_only_the_manifest_is_written_when_nothing_moves(edge: Books) -> None:
    changed(edge, application("render", cpu=2, instances=6))
    before, generation = where(edge, "render"), edge.picture().generation
    changed(edge, application("render", cpu=2, instances=6, priority=7))
    assert where(edge, "render") == before
    assert edge.picture().generation == generation + 1
    assert edge.picture().snapshot.applications["render"].spec.priority == 7


def family(masters: int, **more: Any) -> tuple[Application, Application]:
    child = application("log", cpu=1, demand=[], master={"application": "render", "ratio": 2})
    return application("render", cpu=2, instances=masters, **more), child


def test_children_follow_when_the_master_moves(edge: Books) -> None:
    changed(edge, *family(4, where={"site": ["gz"]}))
    assert where(edge, "log", "site") == {"gz": 2}
    changed(edge, *family(4, where={"site": ["sz"]}))
    assert where(edge, "render", "site") == {"sz": 4}
    assert where(edge, "log", "site") == {"sz": 2}


def test_children_go_with_masters_that_end(edge: Books) -> None:
    changed(edge, *family(6, where={"site": ["gz"]}))
    assert where(edge, "log", "site") == {"gz": 3}
    changed(edge, *family(2, where={"site": ["gz"]}))
    assert where(edge, "log", "site") == {"gz": 1}


def test_an_offline_site_keeps_what_it_has(edge: Books) -> None:
    changed(edge, application("render", cpu=2, instances=6, where={"site": ["gz"]}))
    stock.set_state(edge, "offline", ME, site="gz")
    moved = application("render", cpu=2, instances=6, where={"site": ["sz"]})
    refused("site.frozen", changed, edge, moved)
    changed(edge, application("render", cpu=2, instances=8, where={"province": "Guangdong"}))
    assert where(edge, "render", "site") == {"gz": 6, "sz": 2}


def test_deliveries_say_where_what_and_by_which_plan(edge: Books) -> None:
    noted = application("render", cpu=2, instances=2, where={"site": ["gz"]})
    metadata = noted.metadata.model_copy(update={"annotations": {"note": "kept"}})
    booked = changed(edge, noted.model_copy(update={"metadata": metadata}))
    assert booked.decision
    told = deliveries(edge.picture())
    (row,) = told["applications"]
    assert (row["annotations"], row["plan"]) == ({"note": "kept"}, booked.decision.plan.plan)
    assert list(told["sites"]) == ["gz"]


def test_what_clusters_see_becomes_inventory(edge: Books) -> None:
    rows = [{"server": "bj1", "site": "bj", "state": "online", "cpu": 4000, "memory": 8192}]
    done = observe(edge, [{"site": "bj", "city": "Beijing", "cluster": "north"}], rows, ME)
    assert (done.sites, done.servers) == (1, 1)
    changed(edge, application("render", cpu=2, instances=2, where={"city": ["Beijing"]}))
    observe(edge, [], [{**rows[0], "state": "offline"}], ME)
    refused("capacity.waiting", changed, edge, application("more", cpu=1, instances=1, where={"city": ["Beijing"]}))
    with pytest.raises(InvalidInput, match="a site of"):
        observe(edge, [], [{"server": "x", "site": "nowhere"}], ME)
