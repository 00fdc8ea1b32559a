"""Questions of planners through the command line, on the world of the examples."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.api.running import bayplan, bayplan_json

EXAMPLES = Path(__file__).parents[2] / "examples" / "what-if"
WORLD = EXAMPLES / "world"
ALONE = ("--workers", 1)


@pytest.mark.parametrize("name", ["growth", "failures", "retire", "customer"])  # any-loss has a story of its own
def test_every_example_runs(name: str) -> None:
    result = bayplan_json("what-if", "run", EXAMPLES / f"{name}.yaml", *ALONE)
    assert result["done"] == result["total"] > 2
    assert not result["failed"]
    found = {each["name"]: each for each in result["scenarios"]}
    check = {"growth": growth, "failures": failures, "retire": retirement, "customer": customer}
    check[name](found)


def growth(found: dict[str, Any]) -> None:
    placed = [found[f"demand x {factor}"]["score"] for factor in ("1.1", "1.25", "1.5", "2")]
    assert [score["asked"] for score in placed] == [11, 25, 50, 100]  # of 100 instances that have demand of their own
    more = found["with two servers more in Shenzhen: demand x 1.5"]["score"]
    assert more["headroom"] == placed[2]["headroom"] + 16


def failures(found: dict[str, Any]) -> None:
    assert sum(each["lost"]["servers"] > 0 for each in found.values()) > 5
    assert all(each["lost"]["instances"] == 0 for each in found.values() if not each["lost"]["servers"])


def retirement(found: dict[str, Any]) -> None:
    alone = found["give up Foshan"]
    assert (alone["lost"]["instances"], alone["score"]["placed"], alone["score"]["restarted"]) == (25, 25, 0)
    assert found["give up Foshan, and add servers"]["score"]["headroom"] > alone["score"]["headroom"]
    assert found["give up Foshan, then lose any site: site gz-telecom-1 lost"]["score"]["restarted"] == 8


def customer(found: dict[str, Any]) -> None:
    assert found["coral comes"]["score"]["placed"] == 20
    dear = found["coral comes and is worth the most, and bolt doubles"]
    assert {row["tenant"] for row in dear["refused"]} == {"bolt"}


def test_which_promises_break() -> None:
    found = bayplan_json("what-if", "survive", WORLD, *ALONE)
    assert (found["losses"], found["refusing"], found["promises"]) == (6, 1, 7)
    (broken,) = found["broken"]
    assert (broken["application"], broken["promise"]) == ("bolt/function", "everything that runs")
    assert (broken["worst"], broken["left"], broken["needed"]) == ("site cs-telecom-1 lost", 0, 24)
    there = bayplan_json("what-if", "survive", WORLD, "--of", "server", "--where", "province=Guangdong", *ALONE)
    assert (there["losses"], there["broken"]) == (13, [])


def test_a_promise_without_its_standby_breaks(tmp_path: Path) -> None:
    for name in ("sites.csv", "servers.csv", "applications.yaml", "allocations.csv"):
        (tmp_path / name).write_bytes((WORLD / name).read_bytes())
    found = bayplan_json("what-if", "survive", tmp_path, *ALONE)
    rule = next(row for row in found["broken"] if row["application"] == "acme/shop")
    assert rule["promise"] == "survives loss of a site: 100 % on standby"
    assert (rule["worst"], rule["left"], rule["needed"]) == ("site gz-telecom-1 lost", 0, 8)


def test_headroom_by_place_and_until_when() -> None:
    found = bayplan_json("what-if", "headroom", WORLD, "--shape", "4C8G", "--by", "city")
    assert found["headroom"] == sum(row["headroom"] for row in found["places"]) == 59
    large = bayplan_json("what-if", "headroom", WORLD, "--shape", "32C128G", "--where", "city=Shenzhen")
    assert (large["headroom"], large["places"]) == (
        4,
        [{"place": "Guangdong", "headroom": 4, "servers": 4, "sites": 1}],
    )
    grown = bayplan_json(
        "what-if", "headroom", WORLD, "--growth", "3%", "--months", 4, "--where", "province=Guangdong", *ALONE
    )
    refused = [month["refused"] for month in grown["months"]]
    assert grown["until"] == refused.index(next(count for count in refused if count))
    assert grown["first"][0]["application"] == "acme/shop"


def test_what_to_buy_is_proven_and_works(tmp_path: Path) -> None:
    asked = ("-f", EXAMPLES / "holiday.yaml", "--prices", EXAMPLES / "prices.yaml")
    found = bayplan_json("what-if", "buy", WORLD, *asked)
    assert (found["status"], found["cost"], found["bound"], found["missing"]) == ("optimal", 41000, 41000, 50)
    assert sum(row["cost"] for row in found["purchases"]) == 41000
    assert sum(row["instances"] for row in found["plan"]["placements"]) == 50
    per_site = Counter[str]()
    for row in found["purchases"]:
        per_site[row["site"]] += row["servers"]
    assert max(per_site.values()) <= 2
    prices = json.dumps(
        {"kind": "Prices", "servers": [{"name": "s", "price": 1, "shape": {"cpu": 4}}], "rooms": [{"servers": 5}]}
    )
    (tmp_path / "small.yaml").write_text(prices)
    none = bayplan_json("what-if", "buy", WORLD, "-f", EXAMPLES / "holiday.yaml", "--prices", tmp_path / "small.yaml")
    assert none["status"] == "infeasible"
    assert "nothing to buy" in bayplan("what-if", "buy", WORLD, "--prices", EXAMPLES / "prices.yaml").stdout


def test_what_cannot_be_given_up_is_told_with_the_reason() -> None:
    found = bayplan_json("what-if", "retire", WORLD, "--site", "fs-telecom-1")
    assert found["can"]
    assert sum(row["instances"] for row in found["moves"]) == 25
    assert all(row["site"] != "fs-telecom-1" for row in found["moves"])
    not_this = bayplan_json("what-if", "retire", WORLD, "--site", "gz-telecom-1")
    assert (not_this["can"], not_this["proven"]) == (False, True)
    assert [(row["application"], row["instances"]) for row in not_this["refused"]] == [("acme/shop", 8)]
    answer = bayplan("what-if", "retire", WORLD, "--site", "gz-telecom-7", exit_code=2)
    assert "did you mean" in answer.stderr


def test_a_quote_says_whom_it_displaces(tmp_path: Path) -> None:
    world = tmp_path / "world"
    world.mkdir()
    for path in WORLD.iterdir():
        (world / path.name).write_bytes(path.read_bytes())
    manifests = (world / "applications.yaml").read_text()
    waiting = """---
kind: Application
metadata: {name: queue, namespace: dune}
spec: {runtime: vm, resources: {cpu: 32, memory: 128Gi}, demand: [{where: {city: Shenzhen}, instances: 3}], partial: {}}
"""
    (world / "applications.yaml").write_text(manifests + waiting)
    request = """
kind: Application
metadata: {name: render-farm, namespace: coral}
spec: {runtime: vm, resources: {cpu: 16, memory: 32Gi}, demand: [{where: {city: Shenzhen}, instances: 4}]}
"""
    (tmp_path / "request.yaml").write_text(request)
    found = bayplan_json("what-if", "sell", world, "-f", tmp_path / "request.yaml")
    assert found["fits"]
    assert (found["price"], found["priceBound"]) == (76.8, 76.8)  # 64 vCPU at 1.2
    assert sum(row["instances"] for row in found["deliveries"]) == 4
    assert found["displaced"] == [{"tenant": "dune", "application": "dune/queue", "instances": 1}]
    assert found["before"]["South China"] - found["after"]["South China"] == 16
