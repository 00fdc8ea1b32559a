"""Outages: who does not answer holds up what needs it, and afterwards cluster and books agree."""

from __future__ import annotations

import pytest

from tests.kubernetes.processes import eventually
from tests.kubernetes.stage import Stage


def test_the_api_server_is_gone_for_a_while(stage: Stage) -> None:
    if not stage.plane.ours:
        pytest.skip("this cluster is not ours to stop")
    site = stage.placed("render", 8)
    before = stage.uids("render")
    stage.plane.kill()
    stage.books.end_delivery(f"{stage.namespace}/render", server=f"{site}-0")  # the books change meanwhile
    stage.outage()
    stage.plane.again()
    stage.settled("render", 8)
    assert before & stage.uids("render"), "what could stay has stayed"
    stage.application("more", demand=[{"where": {"site": site}, "instances": 4}])
    stage.settled("more", 4)
    stage.checked()


def test_bayplan_is_down_for_a_while(stage: Stage) -> None:
    site = stage.placed("render", 6)
    before = stage.uids("render")
    stage.service.kill()
    stage.application("late", demand=[{"where": {"site": site}, "instances": 3}])
    eventually(lambda: stage.condition("late", "Planned").get("reason") == "BayplanUnreachable", "it says so")
    stage.plane.kubectl(
        "delete", "pod", "-n", stage.namespace, stage.pods("render")[0]["metadata"]["name"], "--wait=false"
    )
    eventually(lambda: len(before & stage.uids("render")) == 5, "a pod goes")
    eventually(lambda: stage.bound("render").total() == 6, "and comes to its place, without asking")
    stage.outage()
    stage.service_again()
    stage.settled("late", 3)
    assert len(before & stage.uids("render")) == 5, "nothing else was touched"
    stage.checked()


def test_a_site_that_is_cut_off_keeps_what_runs(stage: Stage) -> None:
    site = stage.placed("render", 6)
    before, where = stage.uids("render"), stage.booked("render")
    servers = [f"{site}-0", f"{site}-1"]
    for server in servers:
        stage.node_status(server, ready=False)
    eventually(lambda: {each.state for each in stage.books.servers(site=site)} == {"offline"}, "the books know it")
    stage.application("late", demand=[{"where": {"site": site}, "instances": 1}])
    eventually(lambda: stage.condition("late", "Planned").get("reason") == "CapacityWaiting", "nothing new comes")
    assert (stage.uids("render"), stage.booked("render")) == (before, where)
    for server in servers:
        stage.node_status(server)
    stage.settled("late", 1)
    assert stage.uids("render") == before
    stage.checked()
