"""Real VM requests on real racks: import, solve, check."""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path

from tests.api.running import bayplan, bayplan_json
from tests.published import published


def test_import_solve_check(tmp_path: Path) -> None:
    world, plan = tmp_path / "world", tmp_path / "plan.json"
    bayplan(
        "world", "import", "huawei-vm", published("huawei-vm"), "--requests", "vms_c1.csv", "--racks", 6, "-o", world
    )
    bayplan("solve", world, "--time-limit", 5, "-o", plan)
    assert bayplan_json("check", world, plan)["clean"]


def test_instances_keep_the_names_of_all_vms(tmp_path: Path) -> None:
    world = tmp_path / "world"
    bayplan("world", "import", "huawei-vm", published("huawei-vm"), "--racks", 6, "--numa", "-o", world)
    with (world / "instances.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len({row["vm"] for row in rows}) == len(rows) == 4998
    overview = bayplan_json("world", "show", world)
    assert overview["asked"] == 4998
    assert overview["outstanding"] == len(Counter(row["application"] for row in rows))
    assert overview["total"]["sites"] == 6
