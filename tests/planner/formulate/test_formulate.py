"""Formulate: who takes part, how much of it is asked for, where it may go, and by which rules."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from planner.formulate.formulate import formulate
from planner.formulate.question import Question
from planner.inventory.snapshot import LEVELS, Snapshot
from planner.manifests.application import Application
from planner.manifests.errors import InvalidInput
from planner.plans.plan import SolveOptions
from solver.constraints import Apart, Children, Completeness, Quota, Spread, Together
from tests.worlds import allocation, application, server, site, world

SERVER, RACK, SITE = (LEVELS.index(name) for name in ("server", "rack", "site"))


def question(*parts: Any, request: list[Application] | None = None, also: tuple[str, ...] = ()) -> Question:
    """Of all applications of the world, or of `request` only."""
    made = world(*parts)
    return formulate(Snapshot.of(made), made.applications if request is None else request, SolveOptions(), also)


def names(asked: Question) -> list[str]:
    return [row.application for row in asked.workloads]


def counts(asked: Question) -> dict[str, int]:
    """By application and, beyond the first, demand entry."""
    rows = zip(asked.workloads, asked.problem.count.tolist(), strict=True)
    return {f"{row.application}{f'#{row.demand}' if row.demand else ''}": count for row, count in rows}


def rules(asked: Question, family: type[Any]) -> list[Any]:
    return [rule for rule in asked.problem.rules if isinstance(rule, family)]


def allowed(asked: Question, workload: int = 0) -> list[str]:
    return [asked.snapshot.inventory.servers.name[node] for node in asked.problem.allowed[workload]]


# Who takes part


def test_applications_that_lack_nothing_stay_out() -> None:
    parts = server("a"), application("web", instances=2), application("db"), allocation("db", "a")
    assert counts(question(*parts)) == {"web": 2}
    assert counts(question(*parts, also=("db",))) == {"web": 2, "db": 0}


def test_one_entry_too_many_does_not_hide_another_that_lacks() -> None:
    web = application("web", demand=[{"instances": 3}, {"where": {"site": "here"}, "instances": 2}])
    assert counts(question(server("a"), web, allocation("web", "a", 5))) == {"web": 0, "web#1": 2}


def test_running_applications_join_when_the_new_one_names_them() -> None:
    asked = question(
        server("a"),
        application("db"),
        application("idle"),
        application("web", apart_from=[{"at": "server", "applications": ["db"]}]),
        allocation("db", "a"),
        allocation("idle", "a"),
    )
    assert counts(asked) == {"db": 0, "web": 1}
    assert rules(asked, Apart) == [Apart(((0,), (1,)), SERVER)]


def test_running_applications_join_when_they_name_the_new_one() -> None:
    asked = question(
        server("a"),
        application("db", apart_from=[{"at": "rack", "applications": ["web"]}]),
        application("web"),
        allocation("db", "a"),
    )
    assert counts(asked) == {"db": 0, "web": 1}
    assert rules(asked, Apart) == [Apart(((0,), (1,)), RACK)]


def test_two_that_name_each_other_make_one_rule() -> None:
    apart = {name: [{"at": "server", "applications": [name]}] for name in ("a", "b")}
    asked = question(server("s"), application("a", apart_from=apart["b"]), application("b", apart_from=apart["a"]))
    assert rules(asked, Apart) == [Apart(((0,), (1,)), SERVER)]


def test_names_are_of_the_own_namespace_unless_they_say_otherwise() -> None:
    asked = question(
        server("s"),
        application("db"),
        application("db", namespace="acme"),
        application("web", namespace="acme", apart_from=[{"at": "server", "applications": ["db"]}]),
        application("log", namespace="acme", apart_from=[{"at": "server", "applications": ["default/db"]}]),
    )
    assert names(asked) == ["db", "acme/db", "acme/web", "acme/log"]
    assert rules(asked, Apart) == [Apart(((1,), (2,)), SERVER), Apart(((0,), (3,)), SERVER)]


def test_ties_reach_through_others() -> None:
    asked = question(
        server("s"),
        application("a", group="g"),
        application("b", group="g"),
        application("c", apart_from=[{"at": "server", "applications": ["b"]}]),
        application("other", group="g", namespace="acme"),
        *(allocation(name, "s") for name in ("b", "c", "acme/other")),
    )
    assert counts(asked) == {"a": 1, "b": 0, "c": 0}


def test_only_what_is_requested_is_placed() -> None:
    """A running application that wants more has to be asked for itself."""
    db = application("db", instances=3)
    web = application("web", apart_from=[{"at": "server", "applications": ["db"]}])
    asked = question(server("a"), db, allocation("db", "a"), request=[web])
    assert counts(asked) == {"db": 0, "web": 1}


def test_a_new_manifest_replaces_the_running_one() -> None:
    old, new = application("web", cpu=1, instances=2), application("web", cpu=3, instances=3)
    asked = question(server("a", cpu=9000), old, allocation("web", "a", 2), request=[new])
    assert counts(asked) == {"web": 1}
    assert asked.problem.demand[0, 0].tolist() == [3000]
    assert asked.problem.capacity.tolist() == [[7000]], "what runs takes what it was placed with"


def test_a_demand_entry_that_running_instances_serve_cannot_go() -> None:
    old = application("web", demand=[{"instances": 1}, {"instances": 1}])
    with pytest.raises(InvalidInput) as invalid:
        question(server("a"), old, allocation("web", "a", demand=1), request=[application("web", instances=2)])
    assert str(invalid.value) == (
        "request: applications[0].spec.demand: found entries 0 to 0, "
        "expected more: running instances of 'web' serve entry 1"
    )


def test_a_cycle_of_masters_through_what_runs() -> None:
    log = application("log", master={"application": "web", "ratio": 1})
    parts = server("a"), application("web"), log, allocation("web", "a"), allocation("log", "a")
    with pytest.raises(InvalidInput, match="web → log → web"):
        question(*parts, request=[application("web", master={"application": "log", "ratio": 1})])


# How many


def test_counts_are_net_of_what_runs() -> None:
    asked = question(
        server("a"),
        application("web", demand=[{"instances": 5}, {"instances": 4}]),
        allocation("web", "a", 3),
        allocation("web", "a", 1, demand=1),
    )
    assert counts(asked) == {"web": 2, "web#1": 3}
    assert asked.problem.fixed.instances.tolist() == [3, 1]
    assert asked.problem.fixed.mode.tolist() == [0, 1]


def test_instances_per_site() -> None:
    """Of the sites that it may use: not the one that is offline, nor the one without the capability."""
    asked = question(
        site("x", capabilities=["lb"]),
        site("y", capabilities=["lb"]),
        site("off", state="offline", capabilities=["lb"]),
        site("without"),
        *(server(f"{name}{row}", site=name) for name in ("x", "y", "off", "without") for row in (1, 2)),
        application("web", demand=[{"instancesPerSite": 3}], requires=["lb"]),
        allocation("web", "x1", 1),
        allocation("web", "off1", 2),
    )
    assert counts(asked) == {"web": 2 + 3}
    assert rules(asked, Quota) == [Quota(0, SITE, 3)]
    assert rules(asked, Completeness) == [Completeness((0,), 2 + 3 + 1 + 2)]


def test_more_than_enough_in_a_site_makes_no_other_lack() -> None:
    asked = question(
        server("x1", site="x"),
        server("y1", site="y"),
        application("web", demand=[{"instancesPerSite": 2}]),
        allocation("web", "x1", 5),
    )
    assert counts(asked) == {"web": 2}


def child(name: str = "log", of: str = "web", **amount: Any) -> Application:
    return application(name, master={"application": of, **(amount or {"ratio": 2})})


TWO_SITES = server("x1", site="x"), server("y1", site="y")


def test_a_child_gets_the_most_that_it_could_need() -> None:
    """One for every second master, and one more in each site for what is rounded up there."""
    asked = question(*TWO_SITES, application("web", instances=7), child(ratio=2))
    assert counts(asked) == {"web": 7, "log": 5}
    assert asked.problem.weight.tolist() == [1, 0]
    assert rules(asked, Children) == [Children((0,), 1, SITE, ratio=2)]


def test_a_child_per_site() -> None:
    asked = question(*TWO_SITES, application("web", instances=7), child(per_site=3))
    assert counts(asked) == {"web": 7, "log": 6}
    assert rules(asked, Children) == [Children((0,), 1, SITE, each=3)]
    assert counts(question(*TWO_SITES, application("web"), child(per_site=3))) == {"web": 1, "log": 3}


def test_a_child_counts_the_sites_that_it_may_use() -> None:
    asked = question(
        *TWO_SITES,
        server("z1", site="z", capabilities=["ssd"]),
        application("web", instances=7),
        application("log", master={"application": "web", "perSite": 3}, requires=["ssd"]),
    )
    assert counts(asked) == {"web": 7, "log": 3}


def test_a_child_of_a_child_and_of_several_entries() -> None:
    asked = question(
        *TWO_SITES,
        child("trace", of="log", ratio=2),
        child("log", ratio=2),
        application("web", demand=[{"instances": 4}, {"instances": 4}]),
    )
    assert counts(asked) == {"trace": 5, "log": 6, "web": 4, "web#1": 4}
    assert rules(asked, Children) == [Children((1,), 0, SITE, ratio=2), Children((2, 3), 1, SITE, ratio=2)]


def test_running_masters_and_children() -> None:
    """Three masters with two children run in x; two more need one child in y, or none to one in x."""
    parts = *TWO_SITES, application("web", instances=5), child(ratio=2), allocation("web", "x1", 3)
    assert counts(question(*parts, allocation("log", "x1", 2))) == {"web": 2, "log": 2}
    assert counts(question(*parts)) == {"web": 2, "log": 4}, "those that x lacks already may be needed, too"


def test_children_that_run_elsewhere_are_of_no_use() -> None:
    """One child stands in a site that went offline; both others may need one."""
    asked = question(
        site("x"),
        site("y"),
        site("off", state="offline"),
        *(server(f"{name}1", site=name) for name in ("x", "y", "off")),
        application("web", instances=3),
        child(per_site=1),
        allocation("web", "off1"),
        allocation("log", "off1"),
    )
    assert counts(asked) == {"web": 2, "log": 2}


def test_children_follow_even_where_they_are_not_requested() -> None:
    running = allocation("web", "x1", 2), allocation("log", "x1", 1)
    parts = *TWO_SITES, application("web", instances=2), child(ratio=2), *running
    assert counts(question(*parts, request=[application("web", instances=4)])) == {"web": 2, "log": 2}


def test_a_running_child_whose_master_is_gone_is_tied_to_nothing() -> None:
    new = application("new", apart_from=[{"at": "server", "applications": ["log"]}])
    asked = question(server("a"), application("web"), child(), allocation("log", "a"), request=[new])
    assert counts(asked) == {"log": 0, "new": 1}
    assert not rules(asked, Children)


# Which rules


@pytest.mark.parametrize("level", LEVELS)
def test_spread_at_every_level(level: str) -> None:
    limits = {"maxInstances": 3, "maxShare": "30%", "minDomains": 2}
    asked = question(server("a"), application("web", instances=9, spread=[{"over": level, **limits}]))
    assert rules(asked, Spread) == [Spread((0,), LEVELS.index(level), 3, (3, 10), 2)]


def test_all_entries_of_an_application_count_for_its_rules() -> None:
    spread = [{"over": "site", "maxInstances": 3}]
    asked = question(
        server("a"),
        application("web", demand=[{"instances": 2}] * 2, spread=spread, together=[{"at": "rack"}]),
    )
    assert rules(asked, Spread) == [Spread((0, 1), SITE, 3)]
    assert rules(asked, Together) == [Together((0, 1), RACK)]
    assert rules(asked, Completeness) == [Completeness((0, 1), 4)]


def test_a_rule_of_the_group_spans_it_and_is_there_once() -> None:
    shared: dict[str, Any] = {
        "group": "g",
        "spread": [{"over": "server", "maxInstances": 1, "across": "group"}],
        "together": [{"at": "site", "across": "group"}],
    }
    asked = question(
        server("a"),
        application("a", **shared),
        application("alone", spread=[{"over": "server", "maxInstances": 1}]),
        application("b", **shared),
        application("c", group="g"),
    )
    assert rules(asked, Spread) == [Spread((0, 2, 3), SERVER, 1), Spread((1,), SERVER, 1)]
    assert rules(asked, Together) == [Together((0, 2, 3), SITE)]


def test_apart_where_a_label_differs() -> None:
    apart: dict[str, Any] = {"group": "g", "apart_from": [{"at": "rack", "label_differs": "domain"}]}
    asked = question(
        server("s"),
        application("a", labels={"domain": "1"}, **apart),
        application("b", labels={"domain": "2"}, **apart),
        application("c", labels={"domain": "1"}, **apart),
        application("plain", **apart),
        application("stranger", labels={"domain": "3"}),
    )
    assert rules(asked, Apart) == [Apart(((0, 2), (1,)), RACK)]


def test_one_label_only_parts_nothing() -> None:
    apart: dict[str, Any] = {"group": "g", "apart_from": [{"at": "rack", "label_differs": "domain"}]}
    assert not rules(question(server("s"), application("a", labels={"domain": "1"}, **apart)), Apart)


def test_all_or_nothing_unless_partial() -> None:
    asked = question(
        server("s"),
        application("whole", instances=4),
        application("part", instances=4, partial={"minimum": 3}),
        application("any", instances=4, partial={"minimum": 1}),
        application("single"),
    )
    assert rules(asked, Completeness) == [Completeness((0,), 4), Completeness((1,), 3)]


def test_all_or_nothing_as_a_group() -> None:
    whole: dict[str, Any] = {"group": "g", "all_or_nothing": "group"}
    asked = question(
        server("s"),
        application("a", instances=2, **whole),
        application("b", instances=3, **whole),
        application("log", master={"application": "a", "ratio": 1}, **whole),
        application("own", instances=2, group="g"),
    )
    assert rules(asked, Completeness) == [Completeness((0, 1), 5), Completeness((3,), 2)]


def test_more_than_was_asked_for_stands_in_for_nobody_else() -> None:
    whole: dict[str, Any] = {"group": "g", "all_or_nothing": "group"}
    a, b = application("a", instances=3, **whole), application("b", instances=4, **whole)
    asked = question(server("s"), a, b, allocation("a", "s", 5))
    assert counts(asked) == {"a": 0, "b": 4}
    assert rules(asked, Completeness) == [Completeness((0, 1), 9)]


def test_partners_that_are_not_requested_need_no_more_than_runs() -> None:
    whole: dict[str, Any] = {"group": "g", "all_or_nothing": "group"}
    a, b = application("a", instances=3, **whole), application("b", instances=4, **whole)
    asked = question(server("s"), a, allocation("a", "s", 1), request=[b])
    assert rules(asked, Completeness) == [Completeness((0, 1), 5)]


# Where


def test_where_requires_and_forbids() -> None:
    parts = (
        site("x", province="Guangdong", carrier="telecom", capabilities=["lb"]),
        site("y", province="Guangdong", carrier="unicom", capabilities=["lb"]),
        site("z", province="Hunan", carrier="telecom"),
        server("x1", site="x", labels={"rank": "a"}),
        server("x2", site="x", labels={"rank": "b"}, capabilities=["gpu"]),
        server("y1", site="y", labels={"rank": "a"}),
        server("z1", site="z", labels={"rank": "a"}),
    )

    def of(**spec: Any) -> list[str]:
        return allowed(question(*parts, application("web", **spec)))

    assert of() == ["x1", "x2", "y1", "z1"]
    assert of(where={"province": "Guangdong", "carrier": ["telecom", "mobile"]}) == ["x1", "x2"]
    assert of(where={"province": ["Guangdong", "Hunan"], "rank": "a"}) == ["x1", "y1", "z1"]
    assert of(where={"site": ["y", "z"]}) == ["y1", "z1"]
    assert of(requires=["lb"], forbids=["gpu"]) == ["x1", "y1"]
    assert of(requires=["lb", "gpu"]) == ["x2"]
    assert of(where={"province": "Hunan"}, requires=["lb"]) == []


def test_every_entry_has_its_own_where_and_equal_ones_share_their_nodes() -> None:
    entries = [{"where": {"site": name}, "instances": 1} for name in ("x", "y", "x")]
    asked = question(*TWO_SITES, application("web", demand=entries))
    assert [allowed(asked, row) for row in range(3)] == [["x1"], ["y1"], ["x1"]]
    assert asked.problem.allowed[0] is asked.problem.allowed[2]


def test_within_narrows_the_sites_of_where() -> None:
    """One degree is 111 km, a round trip of 7.3 ms; two are 9.7 ms."""
    here: dict[str, Any] = {"latitude": 0, "longitude": 0}
    near = {"latency_ms": 8, "of": here}
    demand = [
        {"where": {"carrier": "telecom"}, "within": near, "instances": 1},
        {"within": near, "instances": 1},
        {"within": {"latency_ms": 10, "of": here}, "instances": 1},
        {"within": {"latency_ms": 10, "of": {**here, "carrier": "unicom"}}, "instances_per_site": 3},
    ]
    asked = question(
        site("x", carrier="telecom", capabilities=["lb"], longitude=1),
        site("y", carrier="unicom", longitude=1),
        site("z", carrier="telecom", longitude=2),
        *(server(f"{name}1", site=name) for name in "xyz"),
        server("x2", site="x", state="offline"),
        application("web", demand=demand),
        application("gold", demand=[{"within": near, "instances": 1}], requires=["lb"]),
        application("lead", demand=[{"within": near, "instances": 1}], forbids=["lb"]),
    )
    nodes = [allowed(asked, row) for row in range(6)]
    assert nodes == [["x1"], ["x1", "y1"], ["x1", "y1", "z1"], ["y1"], ["x1"], ["y1"]]
    assert counts(asked)["web#3"] == 3


def test_cells_are_modes() -> None:
    cells = [{"cpu": 4000}, {"cpu": 4000}]
    asked = question(
        server("plain", cpu=8000),
        server("numa", cpu=8000, cells=cells),
        application("any"),
        application("one", numa_cells=1),
        application("two", numa_cells=2),
        allocation("one", "numa", cells=(1,)),
        allocation("two", "numa", cells=(0, 1)),
        also=("one", "two"),
    )
    assert names(asked) == ["one", "two", "any"]
    assert asked.cells == ((0,), (1,), (0, 1), ())
    assert asked.problem.modes.tolist() == [0, 2, 3, 4]
    assert asked.problem.fixed.mode.tolist() == [1, 2]
    assert [allowed(asked, row) for row in range(3)] == [["plain", "numa"], ["numa"], ["plain", "numa"]]


def test_two_cells_where_no_server_has_them() -> None:
    asked = question(server("plain"), application("two", numa_cells=2))
    assert allowed(asked) == []
    assert asked.cells == ((),)


def test_prices_sizes_and_the_big_slot() -> None:
    made = world(
        site("x", cost=1500),
        server("a", site="x", cpu=8000, memory=8192, cpu_overcommit=2),
        application("web", cpu="1500m", memory="1Gi", priority=7),
        application("disk", memory="1Gi"),
    )
    options = SolveOptions(then="largest-slots", slot={"cpu": "4", "memory": "2Gi"})
    asked = formulate(Snapshot.of(made), made.applications, options).problem
    assert (asked.price.tolist(), asked.size.tolist()) == ([[1500]], [[1500], [1000]])
    assert asked.weight.tolist() == [7, 1]
    assert asked.slot.tolist() == [[8000, 2048]], "a slot is for a VM, in the units of its server"
    assert np.array_equal(asked.demand[0], [[1500, 1024], [0, 1024]])
