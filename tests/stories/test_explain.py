"""Why not, why here, what changed: asked by command and over HTTP, on worlds small enough to know the answer."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.api.running import bayplan, bayplan_json

SITES = """site,province,carrier,latitude,longitude,cost
gz,Guangdong,telecom,23.13,113.26,3
sz,Guangdong,unicom,22.54,114.06,2
nn,Guangxi,telecom,22.82,108.32,1
bj,Beijing,telecom,39.91,116.40,1
"""
SERVERS = "server,site,cpu\ngz-1,gz,16000\ngz-2,gz,8000\nsz-1,sz,16000\nnn-1,nn,32000\nbj-1,bj,64000\n"
RENDER = """
metadata: {name: render}
spec:
  runtime: container
  resources: {cpu: 4}
  demand: [{where: {province: Guangdong, carrier: telecom}, instances: %d}]
"""


@pytest.fixture
def world(tmp_path: Path) -> Path:
    folder = tmp_path / "world"
    folder.mkdir()
    (folder / "sites.csv").write_text(SITES)
    (folder / "servers.csv").write_text(SERVERS)
    return folder


def request(world: Path, instances: int) -> Path:
    path = world.parent / "request.yaml"
    path.write_text(RENDER % instances)
    return path


def test_a_refusal_names_its_facts_and_ways_out(world: Path) -> None:
    (refused,) = bayplan_json("explain", world, "-f", request(world, 10))["refused"]
    assert refused["status"] == "infeasible"
    assert refused["headline"].startswith("render: the 2 servers in 1 site it may use have room for 6 of 10")
    conflict = refused["conflict"]
    assert (conflict["proven"], conflict["minimal"], conflict["engine"]) == (True, True, "proof")
    assert [(fact["kind"], fact["subject"]) for fact in conflict["facts"]] == [
        ("demand", "render"),
        ("where", "render"),
        ("where", "render"),
        ("room", "gz"),
    ]
    assert conflict["facts"][-1]["numbers"]["slots.render"] == 6
    offers = {offer["kind"]: offer for offer in refused["counterOffers"]}
    assert offers["instances"]["changes"][0] == {
        "subject": "render",
        "field": "spec.demand[0].instances",
        "found": "10",
        "offered": "6",
    }
    assert offers["where"]["message"] == "render: in province Guangxi too, 547 km away"
    assert offers["capacity"]["changes"][0]["offered"] == "1 server"
    assert all(offer["least"] for offer in offers.values())


def test_a_counter_offer_is_a_manifest_that_fits(world: Path) -> None:
    (refused,) = bayplan_json("explain", world, "-f", request(world, 10))["refused"]
    for offer in refused["counterOffers"]:
        if "application" in offer:
            path = world.parent / "offer.json"
            path.write_text(json.dumps(offer["application"]))
            assert bayplan_json("solve", world, "-f", path)["unplaced"] == []


def test_the_tally_counts_first_and_only_causes(world: Path) -> None:
    (refused,) = bayplan_json("explain", world, "-f", request(world, 10), "--offers", 0)["refused"]
    (tally,) = refused["tallies"]
    assert (tally["servers"], tally["sites"], tally["slots"], tally["ofServers"]) == (2, 1, 6, 5)
    causes = {cause["cause"]: cause for cause in tally["causes"]}
    assert causes["not in province Guangdong"]["servers"] == 2
    assert causes["not in province Guangdong"]["serversAlone"] == 2
    assert (causes["not in carrier telecom"]["servers"], causes["not in carrier telecom"]["sitesAlone"]) == (1, 1)
    assert refused["counterOffers"] == []


def test_people_get_a_screen(world: Path) -> None:
    told = bayplan("explain", world, "-f", request(world, 10)).stdout
    assert "does not fit: render" in told
    assert "cannot all be true (proven, and none of them can be spared)" in told
    assert "1. render: in carrier unicom too" in told
    assert len(told.splitlines()) <= 30
    assert bayplan("explain", world, "-f", request(world, 6)).stdout.startswith("fits: 1 request")


def test_why_here_and_why_not_there(world: Path) -> None:
    (world / "applications.yaml").write_text(
        """
metadata: {name: web}
spec:
  runtime: container
  resources: {cpu: 4}
  demand: [{where: {carrier: telecom}, instances: 8}]
  spread: [{over: site, maxShare: 50%}]
"""
    )

    def why(place: str) -> Any:
        return bayplan_json("explain", world, "--application", "web", "--site", place)["why"]

    here = why("nn")
    assert (here["instances"], here["decided"], here["runnerUp"]) == (4, "cost", "gz")
    assert here["terms"][1] == {"name": "cost", "now": 32.0, "otherwise": 64.0}
    there = why("gz")
    assert there["instances"] == 0
    assert (there["decided"], there["terms"][1]["otherwise"]) == ("cost", 40.0)
    assert "one instance of web in gz makes cost 8.00 more" in there["sentences"][0]
    barred = why("sz")
    assert barred["sentences"] == ["web may only be in carrier telecom, and sz is not"]


def test_what_forcing_breaks(world: Path) -> None:
    """Two must be together on a server, so none of them can be where only one fits."""
    (world / "applications.yaml").write_text(
        """
metadata: {name: pair}
spec:
  runtime: container
  resources: {cpu: 6}
  demand: [{instances: 2}]
  together: [{at: server}]
"""
    )
    why = bayplan_json("explain", world, "--application", "pair", "--server", "gz-2")["why"]
    assert why["instances"] == 0
    assert why["sentences"][0] == "pair cannot be in gz-2 and be whole"
    assert {fact["kind"] for fact in why["conflict"]["facts"]} == {"demand", "together", "room"}
    assert why["conflict"]["minimal"]


def test_what_changed_since_it_fitted(world: Path) -> None:
    after = world.parent / "after"
    after.mkdir()
    (after / "sites.csv").write_text(SITES)
    (after / "servers.csv").write_text(SERVERS.replace("gz-1,gz,16000", "gz-1,gz,4000"))
    (after / "applications.yaml").write_text(RENDER.replace("render", "old") % 1)
    (after / "allocations.csv").write_text("application,server,instances\nold,gz-2,1\n")
    asked = request(world, 5)
    since = bayplan_json("explain", after, "-f", asked, "--since", world)["since"]
    assert (since["status"], since["minimal"], since["considered"]) == ("broken", True, 2)
    assert [change["message"] for change in since["changes"]] == ["1 server of gz: less capacity"]
    assert bayplan_json("explain", world, "-f", asked, "--since", world)["since"]["status"] == "fits"
    assert (
        bayplan_json("explain", after, "-f", request(world, 50), "--since", world)["since"]["status"] == "never fitted"
    )


def test_refusals_of_a_batch_by_common_cause(world: Path) -> None:
    requests = [(RENDER.replace("render", f"r{row}") % 20) for row in range(3)] + [RENDER.replace("render", "ok") % 1]
    (world / "applications.yaml").write_text("---".join(requests))
    told = bayplan_json("explain", world)
    assert told["fits"] == 1
    (group,) = told["groups"]
    assert (group["cause"], group["requests"], group["instances"]) == (
        "cpu in province Guangdong, carrier telecom",
        3,
        60,
    )
    assert {each["status"] for each in told["refused"]} == {"infeasible"}
    assert "3 requests refused, 1 fit" in bayplan("explain", world).stdout


def test_slips_are_told(world: Path) -> None:
    asked = request(world, 10)
    told = bayplan("explain", world, "-f", asked, "--application", "rendr", "--site", "gz", exit_code=2).stderr
    assert "found 'rendr', expected an application of the request (did you mean 'render'?)" in told
    assert "--application beside it" in bayplan("explain", world, "-f", asked, "--site", "gz", exit_code=2).stderr


def test_what_fits_alone_but_not_beside_the_others(world: Path) -> None:
    """Six fit; two requests ask for four each, and the one that is worth more is placed."""
    dear = (RENDER.replace("render", "dear") % 4).rstrip() + "\n  priority: 9\n"
    (world / "applications.yaml").write_text(f"{dear}---{RENDER.replace('render', 'plain') % 4}")
    told = bayplan_json("explain", world)
    (refused,) = told["refused"]
    assert (told["fits"], refused["applications"], refused["status"]) == (1, ["plain"], "displaced")
    assert refused["conflict"]["facts"][-1]["numbers"]["slots.plain"] == 2
    assert {offer["kind"]: offer["instances"] for offer in refused["counterOffers"]}["instances"] == 2
    assert "does not fit here: plain" in bayplan("explain", world).stdout


def test_a_window_that_is_over(world: Path) -> None:
    asked = request(world, 2)
    asked.write_text(asked.read_text() + "  window: {end: 2020-01-01T00:00:00Z}\n")
    (refused,) = bayplan_json("explain", world, "-f", asked)["refused"]
    assert [fact["kind"] for fact in refused["conflict"]["facts"]] == ["demand", "window"]
    assert refused["conflict"]["minimal"]


def test_the_earliest_start(world: Path) -> None:
    """Guangdong telecom has room for six; an old application leaves next year, and frees four of them."""
    old = (RENDER.replace("render", "old") % 4) + "  window: {end: 2099-01-01T00:00:00+08:00}\n"
    (world / "applications.yaml").write_text(old)
    (world / "allocations.csv").write_text("application,server,instances\nold,gz-1,4\n")
    (refused,) = bayplan_json("explain", world, "-f", request(world, 5))["refused"]
    (offer,) = [offer for offer in refused["counterOffers"] if offer["kind"] == "start"]
    assert (offer["message"], offer["least"]) == ("render: from 2099-01-01 00:00 +08:00 on", True)
    assert offer["application"]["spec"]["window"] == {"start": "2099-01-01T00:00:00+08:00"}
    assert offer["changes"][0]["found"] == "now"


def test_standby_in_the_way(world: Path) -> None:
    """Sites of six and of eight instances: each has to take over what the other loses."""
    asked = request(world, 7)
    sites = asked.read_text().replace("{province: Guangdong, carrier: telecom}", "{site: [gz, nn]}")
    asked.write_text(sites + "  survives: {lossOf: site, keep: 100%, standby: shared}\n")
    (refused,) = bayplan_json("explain", world, "-f", asked)["refused"]
    conflict = refused["conflict"]
    assert (refused["status"], conflict["proven"], conflict["minimal"]) == ("infeasible", True, True)
    assert conflict["sentences"][-1] == (
        "7 of 7 instances of render must run again on standby room after losing any site"
    )
    offers = {offer["kind"]: offer["message"] for offer in refused["counterOffers"]}
    assert offers["instances"] == "render: 6 instances instead of 7"
    assert "no plan was found" not in bayplan("explain", world, "-f", asked).stdout
    (world / "applications.yaml").write_text(asked.read_text() + "---" + RENDER.replace("render", "other") % 9)
    assert bayplan_json("explain", world)["fits"] == 0
