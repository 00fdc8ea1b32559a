"""Figures, their spread and their tables."""

from __future__ import annotations

import json

import pytest

from benchmarks.figures import Figure, Outcome, Target, middle, spreads
from benchmarks.report import as_json, report, table

RUNS = [
    Figure("c1", "bayplan", "vCPU placed", value, bound=1300, gap=0.1, seed=seed, seconds=2.0)
    for seed, value in enumerate((1100, 1300, 1200))
]
RIVAL = Figure("c1", "first-fit", "vCPU placed", 900.5)


def test_the_spread_over_seeds() -> None:
    ours, rival = spreads([*RUNS, RIVAL])
    assert (ours.runs, ours.median, ours.least, ours.most, ours.gap) == (3, 1200, 1100, 1300, 0.1)
    assert (rival.runs, rival.median, rival.gap, rival.seconds) == (1, 900.5, None, None)
    assert middle([*RUNS, RIVAL], "vCPU placed", "first-fit") == rival
    with pytest.raises(LookupError):
        middle(RUNS, "cost")


def test_a_table_is_markdown_and_numbers_stand_right() -> None:
    told = table(("what", "n"), [("a", "1,000"), ("bcdef", "20%")])
    assert told.splitlines() == ["| what  |     n |", "| ----- | ----: |", "| a     | 1,000 |", "| bcdef |   20% |"]


def test_a_report_has_every_run_the_spread_and_the_targets() -> None:
    told = report(Outcome([*RUNS, RIVAL], [Target("at least 1,250", "1,200", False)], ["A note."]), "headline")
    lines = told.splitlines()
    assert lines[0] == "headline"
    assert sum("bayplan" in line for line in lines) == len(RUNS) + 1
    assert "| c1       | bayplan | vCPU placed |    3 |  1,200 | 1,100 | 1,300 | 10.00% | 2.0 |" in lines
    assert "MISSED" in told
    assert lines[-1] == "A note."


def test_json_holds_the_same() -> None:
    told = json.loads(as_json(Outcome(RUNS, [], []), {"command": "this"}))
    assert told["command"] == "this"
    assert [each["value"] for each in told["figures"]] == [1100, 1300, 1200]
    assert told["spread"][0]["median"] == 1200
