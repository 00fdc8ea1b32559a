"""`python -m benchmarks`, end to end on tiny questions."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from benchmarks.cases import CASES, Case
from benchmarks.cases.single import measured
from benchmarks.command import main
from benchmarks.figures import Outcome, Target
from planner.inventory.snapshot import Snapshot
from planner.worlds.generate import GenerateOptions, generate
from tests.published import published

TINY = ("edge", "--sites", "12", "--servers", "300", "--requests", "8", "--time-limit", "0.5")


def measure(capsys: pytest.CaptureFixture[str], *arguments: str) -> Any:
    assert main([*arguments, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_without_a_case_all_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 0
    told = capsys.readouterr().out
    assert all(f"\n  {name} " in told for name in CASES)


def test_a_tiny_cloud(capsys: pytest.CaptureFixture[str]) -> None:
    told = measure(capsys, *TINY, "--seeds", "2")
    placed = {(each["method"], each["seed"]): each for each in told["figures"] if each["measure"] == "vCPU placed"}
    assert placed.keys() == {
        ("first-fit", None),
        ("best-fit", None),
        ("least-allocated", None),
        ("bayplan", 0),
        ("bayplan", 1),
    }
    for seed in (0, 1):
        ours = placed["bayplan", seed]
        assert ours["bound"] >= ours["value"] >= placed["first-fit", None]["value"]
    assert [each["runs"] for each in told["spread"] if each["method"] == "bayplan"] == [2, 2]
    assert told["machine"]["cores"] >= 1


def test_people_get_a_table_and_progress_beside_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(TINY) == 0
    out, err = capsys.readouterr()
    assert "| demand 0.5, world 1 | bayplan" in out
    assert "seed 0" in err
    assert "warm up" not in out


def test_known_optima(capsys: pytest.CaptureFixture[str]) -> None:
    published("vectorpack")
    told = measure(capsys, "vectorpack", "--only", "new/class1_20_10_8", "--time-limit", "2")
    ours, known = told["figures"]
    assert (ours["value"], known["bound"]) == (8, 8)
    assert [each["met"] for each in told["targets"]] == [True] * 4


def test_a_missed_target_is_an_exit_code_when_asked(capsys: pytest.CaptureFixture[str]) -> None:
    outcome = Outcome([], [Target("more", "less", False)])
    with pytest.MonkeyPatch.context() as patched:
        patched.setitem(
            CASES, "late", Case("late", "", [("", "never done")], lambda parser: None, lambda args: outcome)
        )
        assert main(["late"]) == 0
        assert "MISSED" in capsys.readouterr().out
        assert main(["late", "--strict"]) == 1


def test_data_that_is_not_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("BAYPLAN_DATA", "")
        assert main(["huawei", "--data", str(tmp_path)]) == 2
    assert "BAYPLAN_DATA" in capsys.readouterr().err


def test_single_requests_are_measured_one_by_one() -> None:
    snapshot = Snapshot.of(generate(GenerateOptions(20, 600)))
    times = measured(snapshot, "nationwide", 3, seed=0)
    assert all(len(each) == 3 and (each > 0).all() for each in times.values())
    assert (times["construct + bound + referee"] < times["body to plan"]).all()


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="memory is read from /proc")
def test_memory_of_the_real_service(capsys: pytest.CaptureFixture[str]) -> None:
    told = measure(capsys, "memory", "--servers", "100", "--requests", "1")
    ready, most = (each["value"] for each in told["figures"][1::2])
    assert 10 < ready <= most
