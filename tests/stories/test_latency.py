"""Near the users: a request that only some sites can serve in time, the refusal when none can, and slips told."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.api.running import bayplan, bayplan_json

SITES = """site,province,carrier,latitude,longitude,cost
gz,Guangdong,telecom,23.13,113.26,3
sz,Guangdong,unicom,22.54,114.06,2
bj,Beijing,telecom,39.91,116.40,1
"""
SERVERS = "server,site,cpu\ngz-1,gz,16000\nsz-1,sz,16000\nbj-1,bj,16000\n"


@pytest.fixture
def world(tmp_path: Path) -> Path:
    (tmp_path / "sites.csv").write_text(SITES)
    (tmp_path / "servers.csv").write_text(SERVERS)
    return tmp_path


def request(world: Path, bound: float, of: str) -> Path:
    path = world.parent / "request.yaml"
    path.write_text(
        f"""
metadata: {{name: game}}
spec:
  runtime: container
  resources: {{cpu: 1}}
  demand:
    - instances: 10
      within:
        latencyMs: {bound}
        of: {{{of}}}
"""
    )
    return path


@pytest.mark.parametrize(
    ("bound", "of", "server"),
    [
        (60, "province: Guangdong", "bj-1"),
        (40, "province: Guangdong", "sz-1"),
        (10, "province: Guangdong, carrier: telecom", "gz-1"),
        (6, "latitude: 39.9, longitude: 116.4", "bj-1"),
    ],
)
def test_the_cheapest_server_that_is_near_enough(world: Path, bound: float, of: str, server: str) -> None:
    asked, plan = request(world, bound, of), world.parent / "plan.json"
    assert [row["server"] for row in bayplan_json("solve", world, "-f", asked, "-o", plan)["placements"]] == [server]
    bayplan("check", world, plan, "-f", asked)


def test_a_refusal_says_how_far_the_nearest_is(world: Path) -> None:
    plan = bayplan_json("solve", world, "-f", request(world, 6, "province: Guangdong"))
    assert plan["status"] == "infeasible"
    (refused,) = plan["unplaced"]
    assert refused["reason"] == ("no online server is within 6 ms of province Guangdong: the nearest is 7.3 ms away")


def test_a_plan_that_is_too_far_is_found_out(world: Path) -> None:
    asked, path = request(world, 40, "province: Guangdong"), world.parent / "plan.json"
    plan = bayplan_json("solve", world, "-f", asked)
    plan["placements"][0]["server"] = "bj-1"
    path.write_text(json.dumps(plan))
    (violation,) = bayplan_json("check", world, path, "-f", asked, exit_code=1)["violations"]
    assert violation["rule"] == "eligibility"
    assert "10 instances where province Guangdong is" in violation["message"]
    assert violation["message"].endswith(" ms away, at most 40 ms wanted")


def test_a_slip_is_told_with_its_line(world: Path) -> None:
    told = bayplan("solve", world, "-f", request(world, 40, "province: Guandong"), exit_code=2).stderr
    assert "request.yaml:10: spec.demand[0].within.of.province: found 'Guandong'" in told
    assert "expected the province of a site (did you mean 'Guangdong'?)" in told
    assert "latencyMs: found 0, expected more than 0" in (
        bayplan("solve", world, "-f", request(world, 0, "province: Guangdong"), exit_code=2).stderr
    )
