"""Soft rules: kept where there is room, broken rather than refuse, and told, by how much and where."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.api.running import bayplan, bayplan_json

SITES = "site,city,cost\ngz,Guangzhou,1\nsz,Shenzhen,2\n"
SERVERS = "server,site,cpu\ngz-1,gz,4000\ngz-2,gz,4000\nsz-1,sz,4000\n"


@pytest.fixture
def world(tmp_path: Path) -> Path:
    (tmp_path / "sites.csv").write_text(SITES)
    (tmp_path / "servers.csv").write_text(SERVERS)
    return tmp_path


def asked(world: Path, *specs: dict[str, Any]) -> Path:
    """Containers of one core: `a`, `b` ..., each with what its spec adds."""
    path = world / "applications.yaml"
    manifests = [
        {"metadata": {"name": name}, "spec": {"runtime": "container", "resources": {"cpu": 1}, **spec}}
        for name, spec in zip("ab", specs, strict=False)
    ]
    path.write_text("---\n".join(json.dumps(each) + "\n" for each in manifests))
    return path


def solved(world: Path, *specs: dict[str, Any]) -> dict[str, Any]:
    """A checked plan that is proven to be the best."""
    asked(world, *specs)
    plan: dict[str, Any] = bayplan_json("solve", world, "-o", world / "plan.json")
    assert plan["status"] in ("optimal", "infeasible")
    bayplan("check", world, world / "plan.json")
    return plan


def term(plan: dict[str, Any], name: str) -> dict[str, Any]:
    return next(term for term in plan["objective"] if term["name"] == name)


def spread(count: int, **limits: Any) -> dict[str, Any]:
    return {"demand": [{"instances": count}], "spread": [{"over": "site", **limits}]}


def test_a_soft_rule_that_can_be_kept_is_kept(world: Path) -> None:
    plan = solved(world, spread(6, maxInstances=3, soft=10))
    assert plan["broken"] == []
    assert term(plan, "soft")["value"] == 0


def test_where_a_hard_rule_refuses_a_soft_one_is_broken_by_as_little_as_can_be(world: Path) -> None:
    assert [row["instances"] for row in solved(world, spread(10, maxInstances=4))["unplaced"]] == [10]
    plan = solved(world, spread(10, maxInstances=4, soft=10))
    assert plan["unplaced"] == []
    assert [row["name"] for row in plan["objective"]] == ["unplaced", "soft", "cost"]
    assert term(plan, "soft") == {"name": "soft", "value": 20.0, "bound": 20.0, "gap": 0.0}
    assert plan["broken"] == [
        {
            "rule": "spread",
            "applications": ["a"],
            "level": "site",
            "domain": "gz",
            "found": 6,
            "allowed": 4,
            "weight": 10,
        }
    ]
    assert "a in site gz: 6 instances, at most 4 wanted (weight 10)" in bayplan("solve", world).stdout


def test_domains_that_are_missing_count_too(world: Path) -> None:
    plan = solved(world, spread(2, minDomains=2, soft=1) | {"demand": [{"where": {"site": "gz"}, "instances": 2}]})
    assert [(row["found"], row["allowed"]) for row in plan["broken"]] == [(1, 2)]
    assert "a: in 1 site only, at least 2 wanted" in bayplan("solve", world).stdout


def test_together_as_far_as_possible(world: Path) -> None:
    plan = solved(world, {"demand": [{"instances": 9}], "together": [{"at": "site", "soft": 3}]})
    (row,) = plan["broken"]
    assert (row["rule"], row["domain"], row["found"]) == ("together", "gz", 1)
    assert "a: 1 instance outside of site gz, where most are" in bayplan("solve", world).stdout


def test_the_heavier_rule_is_kept(world: Path) -> None:
    """Apart from each other, or each in one site: the two sites have room for either, and not for both."""
    together = {"demand": [{"instances": 5}], "together": [{"at": "site", "soft": 1}]}
    apart = [{"at": "site", "applications": ["b"], "soft": 5}]
    plan = solved(world, together | {"apartFrom": apart}, {"demand": [{"instances": 5}]})
    assert {row["rule"] for row in plan["broken"]} == {"apart"}
    assert term(plan, "soft")["value"] == 5
    assert "a and b share site" in bayplan("solve", world).stdout


def test_a_plan_that_hides_what_it_breaks_is_found_out(world: Path) -> None:
    plan = solved(world, spread(10, maxInstances=4, soft=10))
    plan["broken"][0]["found"] = 5
    (world / "plan.json").write_text(json.dumps(plan))
    found = bayplan_json("check", world, world / "plan.json", exit_code=1)["violations"]
    assert [(each["rule"], each["message"]) for each in found] == [
        ("soft", "a in site gz: 6 instances, at most 4 wanted: not listed as broken"),
        ("soft", "a in site gz: 5 instances, at most 4 wanted: listed as broken, but it is not"),
    ]


@pytest.mark.parametrize(
    ("weight", "expected"), [(0, "at least 1"), (1001, "at most 1000"), ("'much'", "a whole number")]
)
def test_a_weight_that_is_none_is_told(world: Path, weight: object, expected: str) -> None:
    asked(world, spread(10, maxInstances=4, soft=weight.strip("'") if isinstance(weight, str) else weight))
    told = bayplan("solve", world, exit_code=2).stderr
    assert f"spec.spread[0].soft: found {weight}, expected {expected}" in told
