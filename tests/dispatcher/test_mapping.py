"""Nodes as servers of the books."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from dispatcher.mapping import NodeLabels, foreign, requests, server, state

ROOM = {
    "cpu": "32",
    "memory": "128Gi",
    "ephemeral-storage": "2000Gi",
    "nvidia.com/gpu": "2",
    "bayplan.io/bandwidth": "10k",
}


def node(ready: str = "True", cordoned: bool = False, labels: Mapping[str, str] | None = None) -> dict[str, Any]:
    known = {"bayplan.io/site": "gz", "bayplan.io/rack": "r1", **(labels or {})}
    return {
        "metadata": {"name": "gz-1", "labels": known},
        "spec": {"unschedulable": cordoned},
        "status": {"allocatable": ROOM, "conditions": [{"type": "Ready", "status": ready}]},
    }


def pod(cpu: str, scheduler: str = "default-scheduler", **spec: Any) -> dict[str, Any]:
    containers = [{"resources": {"requests": {"cpu": cpu, "memory": "1Gi"}}}]
    return {"spec": {"nodeName": "gz-1", "schedulerName": scheduler, "containers": containers, **spec}}


def test_room_is_allocatable_in_the_units_of_the_books() -> None:
    made = server(node(), (), NodeLabels())
    assert made is not None
    assert (made.name, made.site, made.rack, made.state) == ("gz-1", "gz", "r1", "online")
    assert made.capacity == {"cpu": 32_000, "memory": 131_072, "disk": 2000, "gpu": 2, "bandwidth": 10_000}


def test_what_others_run_is_not_for_sale() -> None:
    made = server(node(), [pod("500m"), pod("1")], NodeLabels())
    assert made is not None
    assert (made.capacity["cpu"], made.capacity["memory"]) == (30_500, 129_024)
    assert foreign(pod("1"))
    assert not foreign(pod("1", "bayplan"))
    assert not foreign({**pod("1"), "status": {"phase": "Succeeded"}})


def test_init_containers_and_sidecars_count_as_kubernetes_counts_them() -> None:
    init = {"resources": {"requests": {"cpu": "3"}}}
    sidecar = {"restartPolicy": "Always", "resources": {"requests": {"cpu": "1"}}}
    assert requests(pod("1", initContainers=[init]))["cpu"] == 3
    assert requests(pod("1", initContainers=[sidecar]))["cpu"] == 2
    assert requests(pod("1", overhead={"cpu": "250m"}))["cpu"] == 1.25


@pytest.mark.parametrize(
    ("ready", "cordoned", "told"),
    [("True", False, "online"), ("True", True, "draining"), ("Unknown", False, "offline"), ("False", True, "offline")],
)
def test_conditions_are_states(ready: str, cordoned: bool, told: str) -> None:
    assert state(node(ready, cordoned)) == told


def test_capabilities_and_places_are_labels() -> None:
    labels = {
        "bayplan.io/capability.lb.l7": "true",
        "bayplan.io/capability.gpu.t4": "false",
        "bayplan.io/city": "Guangzhou",
    }
    made = server(node(labels=labels), (), NodeLabels())
    assert made is not None
    assert (made.capabilities, made.place) == (("lb.l7",), {"city": "Guangzhou"})


def test_the_mapping_can_be_chosen() -> None:
    chosen = NodeLabels.read({"site": "example.com/room", "place": {"city": "example.com/town"}, "ignore": ["infra"]})
    made = server(node(labels={"example.com/room": "sz", "example.com/town": "Shenzhen"}), (), chosen)
    assert made is not None
    assert (made.site, made.place) == ("sz", {"city": "Shenzhen"})
    assert server(node(labels={"infra": ""}), (), chosen) is None
    with pytest.raises(ValueError, match="'zone', expected one of"):
        NodeLabels.read({"zone": "x"})


def test_who_is_in_no_site_is_no_server_unless_its_cluster_is_one() -> None:
    bare = {**node(), "metadata": {"name": "x", "labels": {}}}
    assert server(bare, (), NodeLabels()) is None
    made = server(bare, (), NodeLabels(), "gz")
    assert made is not None
    assert made.site == "gz"
