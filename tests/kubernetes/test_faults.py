"""Faults: afterwards cluster and books agree, nothing ran twice, nothing was lost."""

from __future__ import annotations

from tests.kubernetes.processes import eventually
from tests.kubernetes.stage import Stage


def everything(stage: Stage) -> set[str]:
    """Uids of all that stands."""
    kinds = ("Deployment", "Service", "Pod")
    return {each["metadata"]["uid"] for kind in kinds for each in stage.items(kind)}


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
        stage.application("probe", demand=[{"where": {"site": site}, "instances": 1}])
        stage.settled("probe", 1)
        stage.plane.kubectl("delete", "application", "probe", "-n", stage.namespace, "--timeout=60s")
        assert everything(stage) == before
    stage.checked()


def test_the_dispatcher_is_killed_between_plan_and_apply(stage: Stage) -> None:
    """Its cluster is not known yet, so it can plan and not apply."""
    site = stage.site()
    stage.nodes(site, 2)
    eventually(lambda: stage.plane.api.get("Node", None, f"{site}-0"), "nodes are there")
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
    with stage.nobody_binds():
        stage.application("render", demand=[{"where": {"site": site}, "instances": 90}])
        eventually(lambda: len(stage.pods("render")) == 90, "it is applied")
        dispatcher.kill()
    before = stage.uids("render")
    dispatcher.start()
    eventually(lambda: stage.bound("render"), "some are bound")
    dispatcher.kill()
    some = stage.bound("render")
    dispatcher.start()
    stage.settled("render", 90)
    assert some <= stage.bound("render"), "who was bound stays"
    assert stage.uids("render") == before
    stage.checked()


def test_two_replicas_and_one_leader(stage: Stage) -> None:
    site = stage.site()
    stage.nodes(site, 2)
    first, second = stage.dispatchers[0], stage.dispatcher()
    try:
        stage.application("render", demand=[{"where": {"site": site}, "instances": 4}])
        stage.settled("render", 4)

        def holder() -> str:
            lease = stage.plane.api.get("Lease", stage.namespace, "bayplan-dispatcher")
            name: str = lease["spec"]["holderIdentity"]
            return name

        leads, waits = (first, second) if holder() == first.name else (second, first)
        leads.kill()
        eventually(lambda: holder() == waits.name, "the other takes over")
        stage.application("render", demand=[{"where": {"site": site}, "instances": 7}])
        stage.settled("render", 7)
        stage.checked()
    finally:
        second.kill()
        stage.dispatchers.remove(second)


def test_users_edit_and_delete_what_is_ours(stage: Stage) -> None:
    site = stage.site()
    stage.nodes(site, 2)
    stage.application("render", demand=[{"where": {"site": site}, "instances": 5}], expose={"port": 80})
    stage.settled("render", 5)
    name, namespace = f"render--{site}", stage.namespace
    stage.plane.kubectl("scale", "deployment", name, "-n", namespace, "--replicas=9")
    eventually(lambda: stage.plane.api.get("Deployment", namespace, name)["spec"]["replicas"] == 5, "scaled back")
    stage.settled("render", 5)
    stage.plane.kubectl("delete", "service", name, "-n", namespace)
    eventually(lambda: stage.plane.api.get("Service", namespace, name)["spec"]["ports"][0]["port"] == 80, "back")
    stage.plane.kubectl("delete", "deployment", name, "-n", namespace)
    stage.settled("render", 5)
    stage.checked()


def test_a_node_vanishes(stage: Stage) -> None:
    """It is offline first; when it stays away, what ran there is planned anew."""
    site = stage.placed("render", 12, servers=3)
    lost = max(stage.booked("render"), key=stage.booked("render").__getitem__)
    stage.plane.kubectl("delete", "node", lost)
    for pod in stage.pods("render"):  # as the pod garbage collector does
        if pod["spec"].get("nodeName") == lost:
            name = pod["metadata"]["name"]
            stage.plane.kubectl("delete", "pod", name, "-n", stage.namespace, "--ignore-not-found", "--force")
    eventually(lambda: lost not in stage.booked("render"), "the books have left it")
    stage.settled("render", 12)
    assert lost not in stage.bound("render")
    assert site
    stage.checked()
