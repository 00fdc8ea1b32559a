"""Room shared over time: evenings for some, mornings for others, a refusal that says when, and slips told."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.api.running import bayplan, bayplan_json

NOW = "2026-12-01T00:00:00+08:00"
EVENING = "{daily: 18:00-23:00, timeZone: Asia/Shanghai}"
MORNING = "{daily: 08:00-12:00, timeZone: Asia/Shanghai}"


@pytest.fixture
def world(tmp_path: Path) -> Path:
    folder = tmp_path / "world"
    folder.mkdir()
    (folder / "sites.csv").write_text("site\ngz\n")
    (folder / "servers.csv").write_text("server,site,cpu\ngz-1,gz,16000\n")
    return folder


def manifest(name: str, cpu: int, window: str, more: str = "") -> str:
    lines = f"---\nmetadata: {{name: {name}}}\nspec:\n  runtime: container\n  resources: {{cpu: {cpu}}}\n"
    when = f"  window: {window}\n" if window else ""
    return f"{lines}  demand: [{{instances: 1}}]\n{when}{more}"


def running(world: Path, name: str, cpu: int, window: str) -> None:
    (world / "applications.yaml").write_text(manifest(name, cpu, window))
    (world / "allocations.csv").write_text(f"application,server,instances\n{name},gz-1,1\n")


def planned(world: Path, *manifests: str) -> dict[str, Any]:
    asked, path = world.parent / "asked.yaml", world.parent / "plan.json"
    asked.write_text("".join(manifests))
    plan: dict[str, Any] = bayplan_json("solve", world, "-f", asked, "-o", path, "--at", NOW)
    bayplan("check", world, path, "-f", asked)
    return plan


def test_mornings_and_evenings_share_a_server(world: Path) -> None:
    plan = planned(world, manifest("film", 16, EVENING), manifest("school", 16, MORNING))
    assert plan["status"] == "optimal"
    assert {row["application"] for row in plan["placements"]} == {"film", "school"}
    assert plan["parameters"]["at"] == NOW


def test_a_refusal_says_when_there_is_no_room(world: Path) -> None:
    running(world, "film", 10, EVENING)
    assert planned(world, manifest("school", 16, MORNING))["status"] == "optimal"
    (refused,) = planned(world, manifest("always", 8, ""))["unplaced"]
    assert "none of the 1 server in 1 site it may use has room for one instance" in refused["reason"]
    assert refused["reason"].endswith("cpu between 18:00 and 23:00 Asia/Shanghai runs out first")


def test_what_is_over_takes_no_room(world: Path) -> None:
    running(world, "fair", 16, '{end: "2026-11-30T00:00:00+08:00"}')
    assert planned(world, manifest("next", 16, ""))["status"] == "optimal"
    (refused,) = planned(world, manifest("late", 1, '{end: "2026-11-30T00:00:00+08:00"}'))["unplaced"]
    assert refused["reason"] == "its window is over, it ended at 2026-11-30 00:00 +08:00"


def test_check_finds_the_hours_that_are_too_full(world: Path) -> None:
    asked, path = world.parent / "asked.yaml", world.parent / "plan.json"
    plan = planned(world, manifest("film", 10, EVENING), manifest("school", 10, MORNING))
    both = "{daily: 11:00-19:00, timeZone: Asia/Shanghai}"
    asked.write_text(manifest("film", 10, EVENING) + manifest("school", 10, both))
    path.write_text(json.dumps(plan))
    (violation,) = bayplan_json("check", world, path, "-f", asked, exit_code=1)["violations"]
    assert violation["message"] == (
        "film and school on server gz-1: 20,000 millicores of cpu taken between 18:00 and 19:00 Asia/Shanghai, "
        "16,000 free"
    )


def test_books_that_are_overdrawn_for_some_hours_are_refused(world: Path) -> None:
    (world / "applications.yaml").write_text(
        manifest("film", 10, EVENING) + manifest("late", 10, "{daily: 22:00-02:00, timeZone: Asia/Shanghai}")
    )
    (world / "allocations.csv").write_text("application,server,instances\nfilm,gz-1,1\nlate,gz-1,1\n")
    told = bayplan("solve", world, exit_code=2).stderr
    assert "found 20,000 millicores allocated on server 'gz-1' between 22:00 and 23:00 Asia/Shanghai" in told
    assert "expected at most its 16,000 millicores" in told


@pytest.mark.parametrize(
    ("window", "told"),
    [
        ("{daily: 18:00-23:00, timeZone: Asia/Shangai}", "(did you mean 'Asia/Shanghai'?)"),
        ("{daily: 18:00-23:00}", "spec.window: found daily without timeZone"),
        ("{start: 2026-12-01T00:00:00}", "expected an instant from 2000 to 2099 with its offset from UTC"),
        ("{daily: 6pm-11pm, timeZone: UTC}", "expected a slice of the day such as 18:00-23:00"),
        (
            "{daily: 18:00-23:00, timeZone: UTC, start: 2026-12-01T01:00:00Z, end: 2026-12-01T09:00:00Z}",
            "asked.yaml:7: spec.window: found a window that never opens",
        ),
    ],
)
def test_a_slip_is_told_with_its_line(world: Path, window: str, told: str) -> None:
    asked = world.parent / "asked.yaml"
    asked.write_text(manifest("film", 1, window))
    said = bayplan("solve", world, "-f", asked, exit_code=2).stderr
    assert "asked.yaml:7: spec.window" in said
    assert told in said


def test_an_instant_on_the_command_line_is_checked(world: Path) -> None:
    assert "expected an instant" in bayplan("solve", world, "--at", "tomorrow", exit_code=2).stderr
