"""Shares of GPUs: planned device by device, stood upon the next day, and every slip of a plan found out."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.api.running import bayplan, bayplan_json

SERVERS = """server,site,capabilities,cpu,gpu
a,x,gpu.t4,64000,4
b,x,gpu.v100m16,64000,2
c,x,,64000,0
"""
APPLICATIONS = """
metadata: {name: old}
spec: {runtime: container, resources: {cpu: 1}, gpuShare: 60%, demand: [{instances: 1}]}
---
metadata: {name: infer}
spec: {runtime: container, resources: {cpu: 1}, gpuShare: 0.46, gpuModels: [T4], demand: [{instances: 5}]}
---
metadata: {name: train}
spec: {runtime: vm, resources: {cpu: 1, gpu: 2}, demand: [{instances: 1}]}
"""


@pytest.fixture
def world(tmp_path: Path) -> Path:
    (tmp_path / "w").mkdir()
    write(tmp_path / "w", allocations="old,a,1,2\n")
    return tmp_path / "w"


def write(world: Path, allocations: str, applications: str = APPLICATIONS) -> None:
    (world / "sites.csv").write_text("site\nx\n")
    (world / "servers.csv").write_text(SERVERS)
    (world / "applications.yaml").write_text(applications)
    (world / "allocations.csv").write_text("application,server,instances,devices\n" + allocations)


def taken(plan: Any) -> Counter[tuple[str, int]]:
    """Thousandths of each device."""
    total: Counter[tuple[str, int]] = Counter()
    for row in plan["placements"]:
        for device in row["devices"]:
            total[row["server"], device] += 460 * row["instances"] if row["application"] == "infer" else 1000
    return total


def test_shares_are_planned_device_by_device_and_the_next_day_stands_on_them(world: Path) -> None:
    plan = bayplan_json("solve", world, "-o", world.parent / "plan.json")
    bayplan("check", world, world.parent / "plan.json")
    assert plan["unplaced"] == []
    assert all(len(row["devices"]) == 1 for row in plan["placements"] if row["application"] == "infer")
    assert [row["devices"] for row in plan["placements"] if row["application"] == "train"] == [[0, 1]]
    assert max(taken(plan).values()) <= 1000
    assert taken(plan)["a", 2] == 0, "40 % are left beside the one that runs"

    rows = [[row["application"], row["server"], row["instances"], row["devices"]] for row in plan["placements"]]
    lines = [f"{name},{at},{number},{';'.join(map(str, devices))}\n" for name, at, number, devices in rows]
    write(world, "old,a,1,2\n" + "".join(lines), APPLICATIONS.replace("instances: 5", "instances: 6"))
    more = bayplan_json("solve", world)
    assert sum(row["instances"] for row in more["placements"]) == 1
    used = taken(plan) + taken(more)
    assert max(used.values()) <= 1000
    assert used["a", 2] == 0

    write(world, "old,a,1,2\n" + "".join(lines), APPLICATIONS.replace("instances: 5", "instances: 9"))
    refused = bayplan_json("solve", world)
    assert refused["unplaced"][0]["reason"].endswith("has room for 1 of 4: gpu runs out first")


def first(rows: list[Any], name: str) -> Any:
    return next(row for row in rows if row["application"] == name)


@pytest.mark.parametrize(
    ("change", "rule", "message"),
    [
        (lambda rows: first(rows, "infer").update(devices=[0, 1]), "devices", "but a share is of one device"),
        (lambda rows: first(rows, "infer").pop("devices"), "devices", "on no device, but a share is of one device"),
        (lambda rows: first(rows, "infer").update(devices=[2]), "devices", "of device 2 taken, 40 % free"),
        (lambda rows: first(rows, "infer").update(devices=[4]), "devices", "on device 4, but the server has 4 GPUs"),
        (lambda rows: first(rows, "infer").update(server="b"), "eligibility", "the GPUs are not of model T4"),
        (lambda rows: first(rows, "infer").update(server="c"), "eligibility", "1 GPU are required, the server has 0"),
        (lambda rows: first(rows, "train").update(devices=[1]), "devices", "on device 1, but asks for 2 whole devices"),
        (lambda rows: first(rows, "train").update(devices=[1, 1]), "devices", "each may be named once"),
        (lambda rows: first(rows, "train").update(server="a", devices=[0, 1]), "devices", "of device 0 taken"),
    ],
)  # fmt: skip
def test_every_slip_of_a_plan_is_found_out(
    world: Path, change: Callable[[list[Any]], object], rule: str, message: str
) -> None:
    plan = bayplan_json("solve", world)
    change(plan["placements"])
    path = world.parent / "plan.json"
    path.write_text(json.dumps(plan))
    found = bayplan_json("check", world, path, exit_code=1)["violations"]
    assert any(each["rule"] == rule and message in each["message"] for each in found), found


@pytest.mark.parametrize(
    ("row", "field", "told"),
    [
        ("old,a,1,", "devices", "found 0 devices, expected 1, as gpuShare of 'old' is of one"),
        ("old,a,1,1;2", "devices", "found 2 devices, expected 1, as gpuShare of 'old' is of one"),
        ("old,a,1,4", "devices", "found device 4, expected 0 to 3, the devices of 'a'"),
        ("old,c,1,0", "devices", "found device 0, expected none, as there are no GPUs on 'c'"),
        ("train,a,2,0;1;2", "devices", "found 3 devices, expected 4, as 2 of 'train' take whole ones"),
        ("old,a,1,1;1", "devices", "expected each device once"),
        ("old,a,2,1", "devices", "found 120 % of device 1 of server 'a' allocated, expected at most 100 %"),
    ],
)  # fmt: skip
def test_books_that_cannot_be_are_told(world: Path, row: str, field: str, told: str) -> None:
    write(world, f"{row}\n")
    error = bayplan("solve", world, exit_code=2).stderr
    assert "allocations.csv" in error
    assert field in error
    assert told in " ".join(error.split())


def test_gpus_belong_to_no_cell(world: Path) -> None:
    (world / "cells.csv").write_text("server,cell,cpu,gpu\na,0,32000,2\na,1,32000,2\n")
    assert "cells.csv:1: gpu: found GPUs of a cell" in bayplan("solve", world, exit_code=2).stderr


def test_devices_know_no_time(world: Path) -> None:
    daily = "window: {daily: '18:00-23:00', timeZone: Asia/Shanghai}, gpuShare: 0.46"
    write(world, "", APPLICATIONS.replace("gpuShare: 0.46", daily))
    told = " ".join(bayplan("solve", world, exit_code=2).stderr.split())
    assert "infer: found GPUs beside a window, expected one of them: devices know no time" in told


def test_sixty_four_gpus_are_the_most(world: Path) -> None:
    (world / "servers.csv").write_text(SERVERS.replace("64000,4", "64000,65"))
    told = " ".join(bayplan("solve", world, exit_code=2).stderr.split())
    assert "servers.csv:2: gpu: found '65', expected a whole number of devices from 0 to 64" in told


@pytest.mark.parametrize(
    ("slip", "told"),
    [
        ("resources: {cpu: 1, gpu: 1}, gpuShare: 0.4", "gpuShare: found gpuShare beside resources.gpu"),
        ("resources: {cpu: 1}, gpuShare: 1", "a share of one device below 1 (whole devices are resources.gpu)"),
        ("resources: {cpu: 1}, gpuShare: 0.4567", "a share of one device in thousandths, such as 0.46 or 46%"),
        ("resources: {cpu: 1}, gpuShare: 0", "a share of one device in thousandths"),
        ("resources: {cpu: 1}, gpuModels: [T4]", "gpuModels: found gpuModels without a GPU"),
        ("resources: {cpu: 1, gpu: 1}, gpuModels: [two words]", "a model of GPU, such as T4 or V100M16"),
    ],
)  # fmt: skip
def test_slips_in_a_manifest_are_told(world: Path, slip: str, told: str) -> None:
    text = f"metadata: {{name: one}}\nspec: {{runtime: vm, {slip}, demand: [{{instances: 1}}]}}\n"
    write(world, "", text)
    assert told in " ".join(bayplan("solve", world, exit_code=2).stderr.split())


@pytest.mark.parametrize(
    ("spec", "reason"),
    [
        ("gpuShare: 0.4, gpuModels: [H100, a10]", "no online server there has 1 GPU of model H100 or a10"),
        ("resources: {gpu: 5}", "no online server there has 5 GPUs"),
        ("resources: {gpu: 4}", "none of the 1 server in 1 site it may use has room for one instance: gpu runs out"),
    ],
)  # fmt: skip
def test_a_refusal_names_the_gpus(world: Path, spec: str, reason: str) -> None:
    resources = "" if "resources" in spec else "resources: {cpu: 1}, "
    text = f"metadata: {{name: one}}\nspec: {{runtime: vm, {resources}{spec}, demand: [{{instances: 1}}]}}\n"
    write(world, "old,a,1,2\n", APPLICATIONS + "---\n" + text)
    refused = bayplan_json("solve", world)["unplaced"]
    assert next(row["reason"] for row in refused if row["application"] == "one").startswith(reason)
