"""What-if jobs through the command line: every loss worked out on copies, kept, gone on with, and told."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest

from tests.api.running import bayplan, bayplan_json

EXAMPLES = Path(__file__).parents[2] / "examples" / "what-if"


def by_name(result: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {each["name"]: each for each in result["scenarios"]}


def test_every_loss_of_the_example() -> None:
    before = {path: path.read_bytes() for path in (EXAMPLES / "world").iterdir()}
    result = bayplan_json("what-if", "run", EXAMPLES / "any-loss.yaml", "--workers", 1)
    assert (result["done"], result["total"], result["failed"]) == (12, 12, 0)
    found = by_name(result)
    lost = found["site gz-telecom-1 lost"]
    assert lost["lost"] == {"sites": 1, "servers": 4, "instances": 35, "vcpu": 128.0}
    score = lost["score"]
    assert (score["restarted"], score["placed"], score["refused"]) == (8, 27, 0)  # the shop starts again on its standby
    assert lost["broken"] == []
    both = found["cities Guangdong/Guangzhou and Guangdong/Foshan lost"]  # the web has one site left, but needs three
    assert {(row["application"], row["instances"]) for row in both["refused"]} == {("acme/web", 60), ("acme/shop", 8)}
    assert both["conflict"] == [
        "acme/web asks for 60 instances of cpu 2, memory 4Gi",
        "acme/web may only be in province Guangdong: 1 site, 4 servers",
        "at most 40 % of acme/web may be in one site: 24 of 60",
    ]
    assert {path: path.read_bytes() for path in (EXAMPLES / "world").iterdir()} == before


def test_the_summary_tells_the_worst_first() -> None:
    told = bayplan("what-if", "run", EXAMPLES / "any-loss.yaml", "--workers", 1).stdout
    assert "12 of 12 scenarios" in told
    assert told.index("cities") < told.index("site cs-telecom-1 lost") < told.index("site gz-telecom-1 lost")


@pytest.fixture
def example(tmp_path: Path) -> Path:
    return copytree(EXAMPLES, tmp_path / "what-if")


def test_what_is_kept_is_not_worked_out_again(example: Path, tmp_path: Path) -> None:
    kept = tmp_path / "results"
    command = ("what-if", "run", example / "any-loss.yaml", "--workers", 1, "-o", kept)
    whole = bayplan_json(*command)
    lines = (kept / "results.jsonl").read_text().splitlines(keepends=True)
    (kept / "results.jsonl").write_text("".join(lines[:5]) + lines[5][:40])  # killed while it wrote
    again = bayplan_json(*command)
    assert again["outcome"] == whole["outcome"]
    assert (kept / "results.jsonl").read_text().splitlines(keepends=True)[:5] == lines[:5]
    assert bayplan_json("what-if", "show", kept)["outcome"] == whole["outcome"]


def test_results_of_another_base_are_not_mixed(example: Path, tmp_path: Path) -> None:
    command = ("what-if", "run", example / "any-loss.yaml", "--workers", 1, "-o", tmp_path / "results")
    bayplan(*command)
    rows = (example / "world" / "allocations.csv").read_text().splitlines(keepends=True)
    (example / "world" / "allocations.csv").write_text("".join(rows[:-1]))
    assert "another job or another base" in bayplan(*command, exit_code=2).stderr


def test_a_failing_scenario_does_not_sink_the_job(example: Path) -> None:
    path = example / "mixed.yaml"
    entries = [
        {"name": "nowhere", "changes": [{"lose": {"domains": "gz-telecom-9"}}]},
        {"name": "somewhere", "changes": [{"lose": {"domains": "gz-telecom-1"}}]},
    ]
    spec = {"base": {"world": "world"}, "scenarios": entries}
    path.write_text(json.dumps({"kind": "WhatIf", "metadata": {"name": "mixed"}, "spec": spec}))
    found = by_name(bayplan_json("what-if", "run", path, "--workers", 1))
    assert found["nowhere"]["status"] == "failed"
    assert "gz-telecom-9" in found["nowhere"]["error"]
    assert "did you mean 'gz-telecom-1'?" in found["nowhere"]["error"]
    assert found["somewhere"]["score"]["restarted"] == 8


@pytest.mark.parametrize(
    ("spec", "told"),
    [
        ({"scenarios": []}, "spec.scenarios: found an empty list, expected at least one"),
        ({"scenarios": [{"everyLoss": {"of": "sight"}}]}, "spec.scenarios[0].everyLoss.of: found 'sight'"),
        ({"scenarios": [{"changes": [{"grow": {"factor": 2}}]}]}, "a name for the scenario"),
        ({"scenarios": [{"name": "x", "changes": [{}]}]}, "spec.scenarios[0].changes[0]"),
        ({"scenarios": [{"everyLoss": {}}, {"everyLoss": {}}]}, "a name for each scenario alone"),
        ({"scenarios": [{"everyLoss": {}}], "shape": {"gpus": 1}}, "shape: gpus: found an unknown resource"),
    ],
)
def test_bad_input_is_told_by_field(example: Path, spec: dict[str, Any], told: str) -> None:
    path = example / "bad.yaml"
    path.write_text(
        json.dumps({"kind": "WhatIf", "metadata": {"name": "bad"}, "spec": {"base": {"world": "world"}, **spec}})
    )
    answer = bayplan("what-if", "run", path, exit_code=2)
    assert told in " ".join(answer.stderr.split())
    assert answer.stdout == ""


def test_ctrl_c_keeps_what_is_done(example: Path, tmp_path: Path) -> None:
    path, kept = example / "pairs.yaml", tmp_path / "results"
    spec = {"base": {"world": "world"}, "scenarios": [{"everyLoss": {"of": "server", "together": 2}}]}
    path.write_text(json.dumps({"kind": "WhatIf", "metadata": {"name": "pairs"}, "spec": spec}))
    command = [sys.executable, "-m", "api.cli", "what-if", "run", str(path), "-o", str(kept)]
    process = subprocess.Popen([*command, "--workers", "2", "--json"], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    until = time.monotonic() + 60
    while not (kept / "results.jsonl").exists() or not (kept / "results.jsonl").read_bytes():
        assert time.monotonic() < until
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    out, told = process.communicate(timeout=60)
    assert process.returncode == 130, told
    stopped = json.loads(out)
    assert 0 < stopped["done"] < stopped["total"] == 153
    assert "the same command goes on from" in " ".join(told.decode().split())
    again = bayplan_json("what-if", "run", path, "--workers", 1, "-o", kept)
    assert again["done"] == again["total"]
    names = [each["name"] for each in stopped["scenarios"]]
    assert len(names) == stopped["done"]
    lines = (kept / "results.jsonl").read_text().splitlines()
    assert len(lines) == 153  # nothing twice


def test_the_books_are_a_base_and_stay_as_they_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BAYPLAN_DATABASE", str(tmp_path / "books.db"))
    bayplan("db", "upgrade")
    bayplan("import", EXAMPLES / "world")
    found = bayplan_json("what-if", "survive", "--workers", 1)
    assert (found["losses"], found["promises"]) == (6, 7)
    assert [row["application"] for row in found["broken"]] == ["bolt/function"]
    before = bayplan_json("what-if", "headroom")["headroom"]
    bayplan("reserve", "later", "--tenant", "acme", "--where", "city=Shenzhen", "--amount", "cpu=64")
    assert bayplan_json("what-if", "headroom")["headroom"] < before
    assert [row["action"] for row in bayplan_json("audit")] == ["inventory.import", "reservation.book"]


def test_a_loss_tells_which_reservations_break(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BAYPLAN_DATABASE", str(tmp_path / "books.db"))
    bayplan("db", "upgrade")
    bayplan("import", EXAMPLES / "world")
    render = {
        "kind": "Application",
        "metadata": {"name": "render", "namespace": "acme"},
        "spec": {
            "runtime": "vm",
            "resources": {"cpu": 4, "memory": "8Gi"},
            "demand": [{"where": {"city": "Shenzhen"}, "instances": 4}],
        },
    }
    spec = {"applications": [render]}
    shaped = {"kind": "Reservation", "metadata": {"name": "shaped", "namespace": "acme"}, "spec": spec}
    (tmp_path / "shaped.yaml").write_text(json.dumps(shaped))
    bayplan("reserve", "-f", tmp_path / "shaped.yaml")
    bayplan("reserve", "here", "--tenant", "bolt", "--where", "city=Shenzhen", "--amount", "cpu=8")
    bayplan("reserve", "anywhere", "--tenant", "bolt", "--amount", "cpu=8")
    found = bayplan_json("what-if", "survive", "--workers", 1)
    assert found["promises"] == 10
    rows = [(row["application"], row["promise"], row["needed"], row["left"]) for row in found["broken"]]
    assert ("acme/render", "reservation shaped", 4, 0) in rows
    assert ("bolt", "reservation here, cpu", 8000, 0) in rows
    assert not [row for row in rows if "anywhere" in row[1]], "it floats: there is room elsewhere"
    lost = next(each for each in found["job"]["scenarios"] if "sz-" in each["name"])
    assert (lost["lost"]["reserved"], lost["lost"]["amounts"]["cpu"]) == (4, 8000)
    assert lost["score"]["amounts"] == {"cpu": 8000}
    told = {(row["tenant"], row["reservation"], row["instances"]) for row in lost["refused"] if "reservation" in row}
    assert told == {("acme", "shaped", 4), ("bolt", "here", 0)}
    text = " ".join(bayplan("what-if", "survive", "--workers", 1).stdout.split())
    assert "reservation shaped" in text
    assert "reservation here, cpu" in text
