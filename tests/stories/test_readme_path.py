"""The README's three steps: make a world, place what it asks for, check the plan."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from tests.api.running import bayplan, bayplan_json


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("stories") / "world"
    bayplan("world", "generate", "--sites", 60, "--servers", 2000, "--requests", 20, "-o", folder)
    return folder


@pytest.fixture(scope="module")
def plan(world: Path) -> Path:
    path = world.parent / "plan.json"
    told = bayplan("solve", world, "--time-limit", 3, "-o", path).stdout
    assert "gap" in told
    assert "instances" in told
    return path


def test_generate_solve_check(world: Path, plan: Path) -> None:
    assert "no violation" in bayplan("check", world, plan).stdout
    assert bayplan_json("check", world, plan) == {"clean": True, "violations": []}


def test_a_spoilt_plan_is_found_out(world: Path, plan: Path, tmp_path: Path) -> None:
    spoilt = json.loads(plan.read_text())
    spoilt["placements"][0]["instances"] += 1000
    path = tmp_path / "spoilt.json"
    path.write_text(json.dumps(spoilt))
    assert "capacity" in bayplan("check", world, path, exit_code=1).stdout
    answer = bayplan_json("check", world, path, exit_code=1)
    assert not answer["clean"]
    assert "capacity" in {each["rule"] for each in answer["violations"]}


def test_the_summary_fits_a_screen(world: Path) -> None:
    told = bayplan("solve", world, "--effort", 0).stdout
    assert len(told.splitlines()) <= 40
    assert max(map(len, told.splitlines())) <= 100


def test_json_is_the_plan_and_nothing_else(world: Path) -> None:
    result = bayplan("solve", world, "--effort", 0, "--json")
    assert result.stderr == ""
    assert json.loads(result.stdout)["placements"]


def test_other_applications_than_those_of_the_world(world: Path, tmp_path: Path) -> None:
    more = tmp_path / "more.yaml"
    more.write_text(
        """
apiVersion: bayplan.io/v1alpha1
kind: Application
metadata: {name: extra}
spec:
  runtime: container
  resources: {cpu: 500m, memory: 1Gi}
  demand: [{instances: 30}]
  spread: [{over: site, maxInstances: 4}]
"""
    )
    plan = bayplan_json("solve", world, "-f", more, "-o", tmp_path / "plan.json")
    assert {row["application"] for row in plan["placements"]} == {"extra"}
    bayplan("check", world, tmp_path / "plan.json", "-f", more)


def test_world_show(world: Path) -> None:
    overview = bayplan_json("world", "show", world)
    assert overview["total"]["sites"] == 60
    assert overview["total"]["servers"] == 2000
    assert 0.4 < overview["total"]["free"]["cpu"] / overview["total"]["capacity"]["cpu"] < 0.6
    assert overview["outstanding"] >= 20
    for kind in ("region", "province", "carrier"):
        assert sum(room["sites"] for room in overview["places"][kind]) == 60
    told = bayplan("world", "show", world).stdout
    assert max(map(len, told.splitlines())) <= 80


def test_a_terminal_shows_progress_with_the_gap(world: Path) -> None:
    """On a real (pseudo) terminal; elsewhere stderr stays empty."""
    screen, terminal = pty.openpty()
    command = [sys.executable, "-m", "api.cli", "solve", str(world), "--time-limit", "3", "--json"]
    shown = bytearray()
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=terminal, env={**os.environ, "TERM": "xterm"}):
        os.close(terminal)
        try:
            while chunk := os.read(screen, 4096):
                shown += chunk
        except OSError:  # Linux says so when the other end closes
            pass
    os.close(screen)
    assert b"gap" in shown
