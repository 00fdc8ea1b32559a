"""Mappings that are never changed are what dictionaries would be; and a roster knows whom rules tie to whom."""

from __future__ import annotations

import gc
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from planner.inventory.calendar import windows_of
from planner.inventory.layers import FEW, Layers
from planner.inventory.roster import Roster
from planner.manifests.application import Application

NAMES = st.sampled_from([f"name-{row}" for row in range(12)])


@given(st.lists(st.dictionaries(NAMES, st.integers() | st.none(), max_size=6), max_size=12))
def test_layers_are_what_a_dictionary_would_be(changes: list[dict[str, int | None]]) -> None:
    layers, plain, before = Layers[int](), dict[str, int](), list[tuple[Layers[int], dict[str, int]]]()
    for change in changes:
        before.append((layers, dict(plain)))
        layers = layers.changed(change)
        plain = {name: value for name, value in (plain | change).items() if value is not None}
    for found, expected in (*before, (layers, plain)):
        assert list(found) == sorted(expected)
        assert dict(found) == expected
        assert len(found) == len(expected)
        assert all((name in found) == (name in expected) for name in (*expected, "name-0", "none"))


def test_many_changes_are_laid_together() -> None:
    layers = Layers[int]()
    for number in range(3 * FEW):
        layers = layers.changed({f"name-{number:04}": number, f"name-{number - 5:04}": None})
    assert dict(layers) == {f"name-{number:04}": number for number in range(3 * FEW - 5, 3 * FEW)}


def application(name: str, tenant: str = "acme", **rules: Any) -> Application:
    spec = {"runtime": "container", "resources": {"cpu": 1}, "demand": [{"instances": 1}], **rules}
    return Application.model_validate({"metadata": {"name": name, "namespace": tenant}, "spec": spec})


def roster(*applications: Application) -> Roster:
    return Roster.of({each.id: each for each in applications})


def closure(applications: Roster, name: str) -> set[str]:
    found, fresh = {name}, [name]
    while fresh:
        more = applications.tied(fresh.pop()) - found
        found |= more
        fresh += more
    return found


def test_rules_tie_both_ways_and_groups_as_a_whole() -> None:
    apart: dict[str, Any] = {"apartFrom": [{"at": "server", "applications": ["web"]}]}
    every = roster(
        application("web"),
        application("cache", **apart),
        application("alone"),
        *(application(f"part-{row}", group="parts") for row in range(4)),
        application("part-9", "other", group="parts"),
    )
    assert every.tied("acme/web") == {"acme/cache"}
    assert every.tied("acme/cache") == {"acme/web"}
    assert not every.tied("acme/alone")
    assert closure(every, "acme/part-2") == {f"acme/part-{row}" for row in range(4)}


def test_who_goes_or_changes_is_tied_no_more() -> None:
    apart: dict[str, Any] = {"apartFrom": [{"at": "server", "applications": ["web"]}]}
    every = roster(application("web"), application("cache", **apart), application("log", group="two"))
    every = every.changed({"acme/two": application("two", group="two")})
    assert every.tied("acme/two") == {"acme/log"}
    assert not every.changed({"acme/log": None}).tied("acme/two")
    assert not every.changed({"acme/cache": application("cache")}).tied("acme/web")
    gone = every.changed({"acme/web": None})
    assert not gone.tied("acme/cache")
    assert gone.changed({"acme/web": application("web")}).tied("acme/web") == {"acme/cache"}


def test_tenants_see_their_own() -> None:
    apart: dict[str, Any] = {"apartFrom": [{"at": "server", "applications": ["acme/web"]}]}
    every = roster(application("web"), application("spy", "other", **apart))
    assert every.tied("acme/web") == {"other/spy"}
    mine = every.seen_by(frozenset({"acme"}))
    assert list(mine) == ["acme/web"]
    assert len(mine) == 1
    assert "other/spy" not in mine
    assert not mine.tied("acme/web")


EVENING = {"daily": "18:00-23:00", "timeZone": "Asia/Shanghai"}
RULES = st.fixed_dictionaries(
    {},
    optional={
        "group": st.sampled_from(["one", "two"]),
        "window": st.just(EVENING),
        "apartFrom": NAMES.map(lambda name: [{"at": "server", "applications": [name]}]),
        "master": NAMES.map(lambda name: {"application": name, "ratio": 2}),
    },
)


@given(st.lists(st.tuples(NAMES, st.none() | RULES), max_size=20))
def test_what_is_given_as_json_is_what_it_says(changes: list[tuple[str, dict[str, Any] | None]]) -> None:
    texts, plain = Roster(), dict[str, Application]()
    for name, rules in changes:
        demand: dict[str, Any] = {"demand": []} if rules and "master" in rules else {}
        made = None if rules is None else application(name, **rules, **demand)
        texts = texts.changed({f"acme/{name}": made and made.model_dump_json(by_alias=True)})
        plain = {key: each for key, each in (plain | {f"acme/{name}": made}).items() if each}
    same = Roster.of(plain)
    assert dict(texts) == dict(same) == plain
    assert all(closure(texts, name) == closure(same, name) for name in plain)
    assert texts.windows() == {name: window for name, window in windows_of(plain).items() if window}
    assert not list(texts.seen_by(frozenset({"other"})))
    assert "acme/name-0" not in texts.seen_by(frozenset({"other"}))


def test_who_nobody_looks_at_stays_json() -> None:
    texts = {f"acme/many-{row}": application(f"many-{row}").model_dump_json(by_alias=True) for row in range(50)}
    before = read()
    every = Roster().changed(texts)
    assert len(every) == 50
    assert "acme/many-7" in every
    assert read() == before
    assert every["acme/many-7"].metadata.name == "many-7"
    assert read() == before + 1


def read() -> int:
    gc.collect()
    return sum(type(each) is Application for each in gc.get_objects())
