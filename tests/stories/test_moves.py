"""Moves: what runs stays, unless a solve may move some of it; then no more of it moves than it takes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.api.running import bayplan, bayplan_json

SERVERS = "server,site,cpu\na,here,16000\nb,here,16000\nc,here,16000\n"


def application(name: str, cpu: int, instances: int, **spec: Any) -> dict[str, Any]:
    demand = [{"instances": instances}]
    return {"metadata": {"name": name}, "spec": {"runtime": "vm", "resources": {"cpu": cpu}, "demand": demand, **spec}}


def write(world: Path, *applications: dict[str, Any], allocations: str, sites: str = "site\nhere\n") -> Path:
    (world / "sites.csv").write_text(sites)
    (world / "servers.csv").write_text(SERVERS)
    (world / "applications.yaml").write_text("---\n".join(json.dumps(each) + "\n" for each in applications))
    (world / "allocations.csv").write_text(f"application,server,instances\n{allocations}")
    return world


@pytest.fixture
def crumbled(tmp_path: Path) -> Path:
    """Six of twelve cores in use on each server by instances of four and two cores; a big one is asked for."""
    small, tiny = application("small", 4, 4), application("tiny", 2, 5, moveCost=1)
    rows = "small,a,2\nsmall,b,1\nsmall,c,1\ntiny,a,1\ntiny,b,2\ntiny,c,2\n"
    return write(tmp_path, small, tiny, application("big", 16, 1), allocations=rows)


def solved(world: Path, *options: object) -> dict[str, Any]:
    plan: dict[str, Any] = bayplan_json("solve", world, *options, "-o", world / "plan.json")
    bayplan("check", world, world / "plan.json")
    return plan


def moved(plan: dict[str, Any]) -> int:
    return sum(row["instances"] for row in plan["moves"])


def values(plan: dict[str, Any]) -> dict[str, float]:
    return {term["name"]: term["value"] for term in plan["objective"]}


def test_nothing_moves_by_itself(crumbled: Path) -> None:
    plan = solved(crumbled)
    assert plan["status"] == "infeasible"
    assert plan["moves"] == plan["placements"] == []


def test_a_big_instance_fits_after_the_fewest_moves(crumbled: Path) -> None:
    """b or c is emptied: three instances. Two are not enough, and with ten allowed no more than three move."""
    assert solved(crumbled, "--moves", 2)["status"] == "infeasible"
    for most in (3, 10):
        plan = solved(crumbled, "--moves", most)
        assert plan["status"] == "optimal"
        assert values(plan) == {"unplaced": 0, "moves": 3, "cost": plan["objective"][-1]["value"]}
        (emptied,) = {row["from"] for row in plan["moves"]}
        assert [row["server"] for row in plan["placements"] if row["application"] == "big"] == [emptied]
        assert sum(row["instances"] for row in plan["placements"]) == 4
    told = bayplan("solve", crumbled, "--moves", 3).stdout
    assert "1 of 1 instances of 1 application" in told
    assert f"small: 1 from {emptied} to " in told


def test_what_is_dear_to_move_stays(tmp_path: Path) -> None:
    """To empty a costs one move of 5; to empty b two of 1 each."""
    small, tiny = application("small", 12, 1, moveCost=5), application("tiny", 2, 2)
    rows = "small,a,1\ntiny,b,2\n"
    world = write(tmp_path, small, tiny, application("big", 16, 2), allocations=rows)
    plan = solved(world, "--moves", 5)
    assert values(plan)["moves"] == 2
    assert {(row["application"], row["from"], row["to"]) for row in plan["moves"]} == {("tiny", "b", "a")}


def test_servers_are_emptied_when_that_is_the_goal(crumbled: Path) -> None:
    """36 cores of 48 run... on three servers; 26 need but two of them."""
    assert values(solved(crumbled, "--then", "fewest-servers"))["fewest-servers"] == 0
    (crumbled / "applications.yaml").write_text(
        "---\n".join(json.dumps(each) + "\n" for each in (application("small", 4, 4), application("tiny", 2, 5)))
    )
    plan = solved(crumbled, "--then", "fewest-servers", "--moves", 10)
    assert list(values(plan)) == ["unplaced", "fewest-servers", "moves"]
    assert values(plan) == {"unplaced": 0, "fewest-servers": 2, "moves": 3}
    slots = solved(crumbled, "--then", "largest-slots", "--slot", "16C0G", "--moves", 10)
    assert values(slots) == {"unplaced": 0, "largest-slots": 1, "moves": 3}


def test_a_broken_soft_rule_is_mended(tmp_path: Path) -> None:
    spread = [{"over": "server", "maxInstances": 2, "soft": 4}]
    world = write(tmp_path, application("web", 4, 5, spread=spread), allocations="web,a,3\nweb,b,1\n")
    assert values(solved(world))["soft"] == 4
    plan = solved(world, "--moves", 1)
    assert (values(plan)["soft"], moved(plan)) == (0, 1)
    world = write(tmp_path, application("web", 4, 4, spread=spread), allocations="web,a,4\n")
    plan = solved(world, "--moves", 1)
    assert (values(plan)["soft"], moved(plan), len(plan["broken"])) == (4, 1, 1)


def test_an_offline_site_is_frozen(tmp_path: Path) -> None:
    small, big = application("small", 4, 3), application("big", 16, 2)
    sites = "site,state\nhere,offline\n"
    world = write(tmp_path, small, big, allocations="small,a,1\nsmall,b,1\nsmall,c,1\n", sites=sites)
    plan = solved(world, "--moves", 5)
    assert plan["moves"] == []
    assert plan["status"] == "infeasible"


def spoilt(world: Path, plan: dict[str, Any]) -> set[str]:
    (world / "plan.json").write_text(json.dumps(plan))
    found = bayplan_json("check", world, world / "plan.json", exit_code=1)["violations"]
    return {f"{each['rule']}: {each['message']}" for each in found}


def test_moves_that_cannot_be_are_found_out(crumbled: Path) -> None:
    def plan() -> dict[str, Any]:
        return solved(crumbled, "--moves", 3)

    fewer = plan()
    fewer["parameters"]["moves"] = 2
    assert "moves: small and tiny: 3 instances moved, at most 2 may" in spoilt(crumbled, fewer)

    unmoved = plan()
    dropped = unmoved["moves"].pop()
    told = spoilt(crumbled, unmoved)
    assert any(each.startswith("capacity") for each in told)
    assert any(each.startswith("demand") for each in told)

    more = plan()
    more["moves"][-1]["instances"] += 5
    told = spoilt(crumbled, more)
    name, server = dropped["application"], dropped["from"]
    assert any(
        f"{name}: " in each and f"more leave server {server} than run there and may move" in each for each in told
    )
    assert any(f"more move to server {dropped['to']} than are placed there" in each for each in told)

    nobody = plan()
    nobody["moves"][0]["application"] = "stranger"
    assert any("there is no such application to place" in each for each in spoilt(crumbled, nobody))


def test_options_that_cannot_be_are_told(crumbled: Path) -> None:
    assert "moves: found -1, expected at least 0" in bayplan("solve", crumbled, "--moves", -1, exit_code=2).stderr
