"""Faults: afterwards cluster and books agree, nothing ran twice, nothing was lost."""

from __future__ import annotations

import os
import time
from collections import Counter
from datetime import datetime
from typing import Any

import pytest

from tests.kubernetes.stage import Stage, eventually


@pytest.fixture(autouse=True)
def clean(stage: Stage) -> object:
    """Each test begins and ends with nothing; in between the checker has the last word."""
    yield
    for each in stage.dispatchers:
        if each.process is None:
            each.start()
    stage.cluster("one")
    stage.plane.kubectl("delete", "applications", "--all", "-n", stage.namespace, "--timeout=90s")
    eventually(lambda: not stage.pods(), "nothing is left")
    assert not stage.books.deliveries().applications


def placed(stage: Stage, name: str, instances: int, servers: int = 2) -> str:
    """An application that stands; its site."""
    site = stage.site()
    stage.nodes(site, servers)
    stage.application(name, demand=[{"where": {"site": site}, "instances": instances}])
    stage.settled(name, instances)
    return site


def uids(stage: Stage, name: str) -> set[str]:
    return {each["metadata"]["uid"] for each in stage.pods(name)}


def test_the_api_server_is_gone_for_a_while(stage: Stage) -> None:
    if not stage.plane.ours:
        pytest.skip("this cluster is not ours to stop")
    site = placed(stage, "render", 8)
    before = uids(stage, "render")
    stage.plane.kill()
    stage.books.end_delivery(f"{stage.namespace}/render", server=f"{site}-0")  # the books change meanwhile
    stage.outage()
    stage.plane.again()
    stage.settled("render", 8)
    assert before & uids(stage, "render"), "what could stay has stayed"
    stage.application("more", demand=[{"where": {"site": site}, "instances": 4}])
    stage.settled("more", 4)
    stage.checked()


def test_the_dispatcher_is_killed_between_plan_and_apply(stage: Stage) -> None:
    """Its cluster is not known yet, so it can plan and not apply."""
    site = stage.site()
    stage.nodes(site, 2)
    eventually(lambda: stage.plane.get("nodes", f"{site}-0"), "nodes are there")
    (dispatcher,) = stage.dispatchers
    stage.application("probe", demand=[{"where": {"site": site}, "instances": 1}])
    stage.settled("probe", 1)  # the inventory knows the site
    stage.plane.kubectl("delete", "secret", "cluster-one", "-n", stage.namespace)
    eventually(lambda: "no kubeconfig" in stage.condition("probe", "Delivered").get("message", ""), "cluster forgotten")
    stage.application("render", demand=[{"where": {"site": site}, "instances": 6}])
    eventually(lambda: stage.booked("render").total() == 6, "it is planned")
    assert not stage.pods("render")
    dispatcher.kill()
    stage.cluster("one")
    dispatcher.start()
    stage.settled("render", 6)
    stage.checked()


def test_the_dispatcher_is_killed_between_apply_and_bind(stage: Stage) -> None:
    site = stage.site()
    stage.nodes(site, 5, cpu=20)
    (dispatcher,) = stage.dispatchers
    stage.application("render", demand=[{"where": {"site": site}, "instances": 90}])
    eventually(lambda: stage.plane.get("deployments", "-n", stage.namespace)["items"], "it is applied")
    dispatcher.kill()
    eventually(lambda: len(stage.pods("render")) == 90, "all pods are there")
    some = stage.bound("render")
    assert some.total() < 90, "it was killed too late to be killed in between"
    dispatcher.start()
    stage.settled("render", 90)
    assert some <= stage.bound("render"), "who was bound stays"
    stage.checked()


def test_a_dispatcher_that_starts_leaves_alone_what_stands(stage: Stage) -> None:
    """It must not take away what it has not yet heard anybody ask for."""
    site = stage.site()
    stage.nodes(site, 2)
    stage.application("render", demand=[{"where": {"site": site}, "instances": 6}], expose={"port": 80})
    stage.settled("render", 6)
    before = everything(stage)
    (dispatcher,) = stage.dispatchers
    for _ in range(2):
        dispatcher.kill()
        dispatcher.start()
        eventually(lambda: dispatcher.said().splitlines()[-1].endswith("leads"), "it leads again")
        stage.application("probe", demand=[{"where": {"site": site}, "instances": 1}])
        stage.settled("probe", 1)
        stage.plane.kubectl("delete", "application", "probe", "-n", stage.namespace, "--timeout=60s")
        assert everything(stage) == before
    stage.checked()


def everything(stage: Stage) -> set[str]:
    """Uids of all that stands."""
    got = stage.plane.get("deployments,replicasets,services,pods", "-n", stage.namespace)
    return {each["metadata"]["uid"] for each in got["items"]}


def test_bayplan_is_down_for_a_while(stage: Stage) -> None:
    site = placed(stage, "render", 6)
    before = uids(stage, "render")
    stage.service.kill()
    stage.application("late", demand=[{"where": {"site": site}, "instances": 3}])
    eventually(lambda: stage.condition("late", "Planned").get("reason") == "BayplanUnreachable", "it says so")
    stage.plane.kubectl(
        "delete", "pod", "-n", stage.namespace, stage.pods("render")[0]["metadata"]["name"], "--wait=false"
    )
    eventually(lambda: len(before & uids(stage, "render")) == 5, "a pod goes")
    eventually(lambda: stage.bound("render").total() == 6, "and comes to its place, without asking")
    stage.outage()
    stage.service_again()
    stage.settled("late", 3)
    assert len(before & uids(stage, "render")) == 5, "nothing else was touched"
    stage.checked()


def test_users_edit_and_delete_what_is_ours(stage: Stage) -> None:
    site = stage.site()
    stage.nodes(site, 2)
    stage.application("render", demand=[{"where": {"site": site}, "instances": 5}], expose={"port": 80})
    stage.settled("render", 5)
    name, namespace = f"render--{site}", stage.namespace
    stage.plane.kubectl("scale", "deployment", name, "-n", namespace, "--replicas=9")
    eventually(lambda: stage.plane.get("deployment", name, "-n", namespace)["spec"]["replicas"] == 5, "scaled back")
    stage.settled("render", 5)
    stage.plane.kubectl("delete", "service", name, "-n", namespace)
    eventually(
        lambda: stage.plane.kubectl("get", "service", name, "-n", namespace, check=False).count("80/TCP"), "back"
    )
    stage.plane.kubectl("delete", "deployment", name, "-n", namespace)
    stage.settled("render", 5)
    stage.checked()


def test_a_node_vanishes(stage: Stage) -> None:
    """It is offline first; when it stays away, what ran there is planned anew."""
    site = placed(stage, "render", 12, servers=3)
    lost = max(stage.booked("render"), key=stage.booked("render").__getitem__)
    stage.plane.kubectl("delete", "node", lost)
    for pod in stage.pods("render"):  # as the pod garbage collector does
        if pod["spec"].get("nodeName") == lost:
            name = pod["metadata"]["name"]
            stage.plane.kubectl("delete", "pod", name, "-n", stage.namespace, "--force", "--grace-period=0")
    eventually(lambda: lost not in stage.booked("render"), "the books have left it")
    stage.settled("render", 12)
    assert lost not in stage.bound("render")
    assert site
    stage.checked()


def test_a_site_that_is_cut_off_keeps_what_runs(stage: Stage) -> None:
    site = placed(stage, "render", 6)
    before, where = uids(stage, "render"), stage.booked("render")
    servers = [f"{site}-0", f"{site}-1"]
    for server in servers:
        stage.node_status(server, ready=False)
    stage.application("late", demand=[{"where": {"site": site}, "instances": 1}])
    eventually(lambda: stage.condition("late", "Planned").get("status") == "False", "nothing new comes")
    assert stage.condition("late", "Planned")["reason"] == "CapacityWaiting", stage.condition("late", "Planned")
    assert (uids(stage, "render"), stage.booked("render")) == (before, where)
    for server in servers:
        stage.node_status(server)
    stage.settled("late", 1)
    assert uids(stage, "render") == before
    stage.checked()


def test_two_replicas_and_one_leader(stage: Stage) -> None:
    site = stage.site()
    stage.nodes(site, 2)
    (first,) = stage.dispatchers
    second = stage.dispatcher()
    try:
        stage.application("render", demand=[{"where": {"site": site}, "instances": 4}])
        stage.settled("render", 4)

        def holder() -> str:
            lease = stage.plane.get("lease", "bayplan-dispatcher", "-n", stage.namespace)
            name: str = lease["spec"]["holderIdentity"]
            return name

        assert holder() == "dispatcher-0"
        first.kill()
        eventually(lambda: holder() == "dispatcher-1", "the other takes over")
        stage.application("render", demand=[{"where": {"site": site}, "instances": 7}])
        stage.settled("render", 7)
        stage.checked()
    finally:
        second.kill()
        stage.dispatchers.remove(second)
        first.start()


def test_five_hundred_pods_are_bound_in_seconds(stage: Stage) -> None:
    """The dispatcher is down while they are made, so that all of them wait when it comes."""
    site = stage.site()
    stage.nodes(site, 10, cpu=60)
    (dispatcher,) = stage.dispatchers
    stage.application("render", demand=[{"where": {"site": site}, "instances": 500}])
    eventually(lambda: stage.plane.get("deployments", "-n", stage.namespace)["items"], "it is applied")
    dispatcher.kill()
    eventually(lambda: len(stage.pods("render")) == 500, "all pods are there")
    before = stage.bound("render").total()
    assert before < 250
    stage.kubelets.idle.set()  # they would take processor time for what nobody measures here
    dispatcher.start()
    try:
        while stage.bound("render").total() < 500:
            time.sleep(1)
    finally:
        stage.kubelets.idle.clear()
    times = sorted(bound_at(each) for each in stage.pods("render"))[before:]
    seconds = (times[-1] - times[0]).total_seconds() + 1
    print(f"{500 - before} pods bound in {seconds:.0f} s")  # noqa: T201 - the figure
    assert seconds < 15 * max(1.0, os.getloadavg()[0] / 4), "on a machine that others use it may take longer"
    assert stage.bound("render") == Counter(stage.booked("render"))


def bound_at(pod: dict[str, Any]) -> datetime:
    """As the API server says, to the second."""
    (said,) = [each for each in pod["status"]["conditions"] if each["type"] == "PodScheduled"]
    return datetime.fromisoformat(said["lastTransitionTime"])
