"""Bad input: every problem with file, line, field, found and expected; exit code 2; nothing written."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.api.running import bayplan, bayplan_json


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("good") / "world"
    bayplan("world", "generate", "--sites", 10, "--servers", 100, "--requests", 2, "-o", folder)
    return folder


@pytest.fixture
def world(good: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(good, tmp_path / "world"))


def spoil(file: Path, old: str, new: str) -> None:
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new, 1))


def test_every_problem_of_a_world_is_told_with_its_line(world: Path, tmp_path: Path) -> None:
    spoil(world / "sites.csv", "online", "asleep")
    spoil(world / "servers.csv", "64000", "-64000")
    spoil(world / "applications.yaml", "kind: Application", "kind: Appliance")
    result = bayplan("solve", world, "-o", tmp_path / "plan.json", exit_code=2)
    told = result.stderr.splitlines()
    assert any("sites.csv:2: state: found 'asleep', expected one of" in line for line in told)
    assert any("servers.csv:2: cpu: found '-64000', expected" in line for line in told)
    assert any(
        "applications.yaml:" in line and ": kind: found 'Appliance', expected 'Application'" in line for line in told
    )
    assert result.stdout == ""
    assert not (tmp_path / "plan.json").exists()


def test_problems_as_json(world: Path) -> None:
    spoil(world / "sites.csv", "online", "asleep")
    answer = bayplan_json("solve", world, exit_code=2)
    assert answer["code"] == "input.invalid"
    (problem,) = answer["problems"]
    assert (problem["line"], problem["field"], problem["found"]) == (2, "state", "'asleep'")


@pytest.mark.parametrize(
    ("option", "value", "told"),
    [
        ("--gap", "2", "options: gap: found 2.0, expected less than 1"),
        ("--time-limit", "0", "options: timeLimit: found 0.0, expected more than 0"),
        ("--workers", "0", "options: workers: found 0, expected at least 1"),
        ("--slot", "16", "found '16', expected cores and GiB such as 16C64G"),
        ("--then", "world-peace", "largest-slots"),
        ("-f", "nowhere.yaml", "nowhere.yaml: found no such file or directory, expected a readable text file"),
        ("-o", "nowhere/plan.json", "plan.json: found no such folder"),
    ],
)
def test_bad_options(good: Path, option: str, value: str, told: str) -> None:
    assert told in " ".join(bayplan("solve", good, option, value, exit_code=2).stderr.replace("│", "").split())


def test_no_such_world(tmp_path: Path) -> None:
    assert str(tmp_path / "none") in bayplan("solve", tmp_path / "none", exit_code=2).stderr


def test_a_plan_of_another_world(good: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    bayplan("world", "generate", "--sites", 10, "--servers", 100, "--requests", 2, "--seed", 2, "-o", other)
    bayplan("solve", other, "--effort", 0, "-o", tmp_path / "plan.json")
    assert "generation" in bayplan("check", good, tmp_path / "plan.json", exit_code=2).stderr


@pytest.mark.parametrize("text", ["", "{", "[]", '{"plan": 1}', "\x00"])
def test_a_plan_that_is_none(good: Path, tmp_path: Path, text: str) -> None:
    (tmp_path / "plan.json").write_text(text)
    result = bayplan("check", good, tmp_path / "plan.json", exit_code=2)
    assert str(tmp_path / "plan.json") in result.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ("generate", "--sites", 0),
        ("generate", "--sites", 10, "--servers", 1),
        ("generate", "--load", 2),
        ("import", "huawei-vm", "nowhere"),
        ("import", "openb-gpu", "nowhere"),
        ("import", "vectorpack", "nowhere.vbp"),
    ],
)
def test_a_world_that_cannot_be_made_leaves_nothing_behind(tmp_path: Path, arguments: tuple[object, ...]) -> None:
    result = bayplan("world", *arguments, "-o", tmp_path / "world", exit_code=2)
    assert "expected" in result.stderr
    assert list(tmp_path.iterdir()) == []
