"""From `kubectl apply` to bound pods, on a real API server with a real Bayplan service."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.kubernetes.control_plane import ControlPlane
from tests.kubernetes.processes import eventually
from tests.kubernetes.stage import Stage


def test_an_application_stands_where_the_books_say(stage: Stage) -> None:
    """Placed, changed and deleted: each pod on the server that the plan names, and nothing left at the end."""
    name, site = stage.namespace, stage.site()
    stage.nodes(site, 2)
    where = {"site": site}
    stage.application("render", demand=[{"where": where, "instances": 15}])
    stage.settled("render", 15)
    eventually(lambda: stage.status("render").get("bound") == 15, "the status says so")
    shown = stage.plane.kubectl("get", "applications", "-n", name)
    assert "15" in shown
    first = stage.bound("render")
    stage.application("render", demand=[{"where": where, "instances": 7}])
    stage.settled("render", 7)
    assert (first & stage.bound("render")).total() == 7, "fewer instances move none"
    stage.plane.kubectl("delete", "application", "render", "-n", name, "--timeout=60s")
    eventually(lambda: not stage.pods("render"), "no pod is left")
    assert not stage.booked("render")


def test_what_cannot_be_says_why_in_describe(stage: Stage) -> None:
    name, site = stage.namespace, stage.site()
    stage.nodes(site, 1)
    stage.application("giant", demand=[{"where": {"site": site}, "instances": 40}])

    eventually(lambda: stage.condition("giant", "Planned").get("reason") == "CapacityExceeds", "it is refused")
    told = stage.condition("giant", "Planned")
    assert "cannot all be true" in told["message"]
    assert "10 instances instead of 40" in told["message"]
    shown = stage.plane.kubectl("describe", "application", "giant", "-n", name)
    assert "Warning" in shown
    assert "CapacityExceeds" in shown
    stage.nodes(site, 5)
    stage.settled("giant", 40)


def test_a_family_arrives_together_and_moves_together(stage: Stage) -> None:
    here, there = stage.site(), stage.site()
    stage.nodes(here, 2)
    goal = set(stage.nodes(there, 2))
    stage.application("log", master={"application": "function", "ratio": 2})
    stage.application("conf", master={"application": "function", "perSite": 1}, demand=[])
    eventually(lambda: stage.condition("log", "Planned").get("reason") == "MasterMissing", "the child waits")
    assert not stage.pods("log")
    stage.application("function", demand=[{"where": {"site": here}, "instances": 8}])
    for each, count in (("function", 8), ("log", 4), ("conf", 1)):
        stage.settled(each, count)
    stage.application("function", demand=[{"where": {"site": there}, "instances": 8}])
    eventually(lambda: goal >= stage.booked("function").keys(), "the master moves")
    for each, count in (("function", 8), ("log", 4), ("conf", 1)):
        stage.settled(each, count)
        assert stage.bound(each).keys() <= goal


def test_a_dead_cluster_delays_no_other(stage: Stage, tmp_path: Path) -> None:
    """Nobody listens at its address; a site of a live cluster is served as if it were not there."""
    site, dead = stage.site(), stage.site()
    content = json.dumps(
        {**stage.plane.content, "clusters": [{"name": "test", "cluster": {"server": "https://127.0.0.1:1"}}]}
    )
    (tmp_path / "dead.yaml").write_text(content)
    stage.cluster("dead", ControlPlane(tmp_path / "dead.yaml"))
    kind = {"apiVersion": "bayplan.io/v1alpha1", "kind": "Site"}
    stage.plane.apply({**kind, "metadata": {"name": dead}, "spec": {"cluster": "dead", "city": "Nowhere"}})

    def told() -> list[dict[str, Any]]:
        status: dict[str, Any] = stage.plane.api.get("Site", None, dead).get("status") or {}
        return [each for each in status.get("conditions", ()) if each["reason"] == "Unreachable"]

    try:
        assert eventually(told, "the site says that its cluster is away")
        stage.nodes(site, 1)
        stage.application("quick", demand=[{"where": {"site": site}, "instances": 3}])
        stage.settled("quick", 3, within=30)
        stage.plane.kubectl("delete", "application", "quick", "-n", stage.namespace, "--timeout=30s")
    finally:
        stage.plane.kubectl("delete", "secret", "cluster-dead", "-n", stage.namespace)
        stage.plane.kubectl("delete", "site", dead)
    eventually(lambda: not stage.pods("quick"), "nothing is left")
