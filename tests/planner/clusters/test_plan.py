"""Which sites have a cluster inside, which regions share one, and who changes as the cloud grows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from planner.clusters.plan import plan_clusters
from planner.clusters.result import ClusterOptions, ClusterPlan, Member
from planner.inventory.inventory import Inventory
from planner.manifests.errors import InvalidInput
from tests.worlds import server, site, world

SMALL = ClusterOptions(least=4, most=8, size=6, own=5, spare=0.0)


def inventory(*rows: tuple[str, int, str, float], **more: dict[str, Any]) -> Inventory:
    """(site, servers, region, longitude)."""
    parts: list[Any] = []
    for name, servers, region, longitude in rows:
        parts.append(site(name, region=region, longitude=longitude, **more.get(name, {})))
        parts += [server(f"{name}-{number}", site=name) for number in range(servers)]
    return world(*parts).inventory


def clusters(plan: ClusterPlan) -> dict[str, str]:
    return {each.site: each.cluster for each in plan.sites}


def test_large_and_stable_sites_have_their_own() -> None:
    rows = [("big", 6, "North", 0.0), ("away", 6, "North", 1.0), ("loose", 6, "North", 2.0), ("b", 1, "North", 3.0)]
    made = inventory(*rows, away={"state": "offline"}, loose={"stable": "no"})
    plan = plan_clusters(made, SMALL)
    assert clusters(plan)["big"] == "big"
    assert {clusters(plan)[name] for name in ("away", "loose", "b")} == {"hosted-north-1", "hosted-north-2"}
    assert {each.kind for each in plan.clusters if each.name != "big"} == {"hosted"}


def test_a_region_that_is_too_small_goes_with_the_nearest() -> None:
    rows = [("a", 4, "West", 0.0), ("b", 2, "Middle", 30.0), ("c", 4, "East", 50.0)]
    plan = plan_clusters(inventory(*rows), SMALL)
    assert clusters(plan) == {"a": "hosted-west-1", "b": clusters(plan)["c"], "c": clusters(plan)["c"]}
    assert clusters(plan)["a"] != clusters(plan)["b"]
    assert not any(each.outside for each in plan.clusters)


def test_what_cannot_keep_the_limits_is_told() -> None:
    plan = plan_clusters(inventory(("a", 2, "West", 0.0)), SMALL)
    (only,) = plan.clusters
    assert (only.servers, only.outside) == (2, True)


def grown(before: Sequence[Member], *rows: tuple[str, int, str, float]) -> ClusterPlan:
    return plan_clusters(inventory(*rows), SMALL, before)


def test_growth_moves_nobody_who_still_has_room() -> None:
    rows = [("a", 3, "West", 0.0), ("b", 3, "West", 1.0), ("c", 3, "West", 50.0), ("d", 3, "West", 51.0)]
    first = plan_clusters(inventory(*rows), SMALL)
    assert clusters(first)["a"] == clusters(first)["b"] != clusters(first)["c"] == clusters(first)["d"]
    more = [("a", 4, "West", 0.0), ("b", 4, "West", 1.0), *rows[2:], ("e", 1, "West", 0.5)]
    plan = grown(first.sites, *more)
    assert (plan.moved, clusters(plan)["e"]) == (0, clusters(first)["c"])
    assert clusters(plan) | clusters(first) == clusters(plan)


def test_growth_opens_a_cluster_and_counts_what_was_there_before() -> None:
    rows = [("a", 4, "West", 0.0), ("b", 4, "West", 1.0)]
    first = plan_clusters(inventory(*rows), SMALL.model_copy(update={"size": 8}))
    assert len(first.clusters) == 1
    plan = grown(first.sites, ("a", 4, "West", 0.0), ("b", 6, "West", 1.0))
    assert len(plan.clusters) == 2
    assert (plan.moved, plan.moved_bound) == (4, 4)
    assert sum(each.before is not None for each in plan.sites) == 1


def test_a_site_of_unknown_position_and_none_at_all() -> None:
    plan = plan_clusters(inventory(("a", 4, "West", float("nan")), ("b", 4, "West", 1.0)), SMALL)
    assert sum(each.servers for each in plan.clusters) == 8
    assert plan_clusters(inventory(), SMALL).clusters == []


def test_options_that_contradict_each_other() -> None:
    with pytest.raises(InvalidInput, match="least, size and most in this order"):
        plan_clusters(inventory(("a", 4, "West", 0.0)), SMALL.model_copy(update={"size": 20}))
