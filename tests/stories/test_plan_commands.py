"""Clusters and serving areas of a made-up cloud, by command."""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path

import pytest

from tests.api.running import bayplan, bayplan_json

LIMITS = ("--least", 200, "--most", 300, "--size", 250, "--own", 120)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("plan") / "world"
    bayplan("world", "generate", "--sites", 60, "--servers", 2500, "-o", folder)
    return folder


def test_clusters_keep_their_sizes_and_their_servers(world: Path, tmp_path: Path) -> None:
    out = tmp_path / "clusters.csv"
    plan = bayplan_json("plan", "clusters", world, *LIMITS, "-o", out)
    hosted = [each for each in plan["clusters"] if each["kind"] == "hosted"]
    assert len(hosted) > 3
    assert all(200 <= each["servers"] <= 300 for each in hosted)
    assert sum(each["servers"] for each in plan["clusters"]) == 2500
    assert plan["bound"] <= plan["kilometres"]
    lines = list(csv.DictReader(out.open()))
    assert Counter(line["cluster"] for line in lines)[hosted[0]["name"]] == hosted[0]["sites"]
    servers = (world / "servers.csv").read_text()
    header, *rows = servers.splitlines()
    added = [row.replace(",", "x,", 1) for row in rows[::25]]
    (world / "servers.csv").write_text("\n".join([header, *rows, *added]) + "\n")
    try:
        after = bayplan_json("plan", "clusters", world, *LIMITS, "--previous", out)
    finally:
        (world / "servers.csv").write_text(servers)
    assert after["moved"] <= 50  # 2 %
    assert sum(each["servers"] for each in after["clusters"]) == 2600
    told = bayplan("plan", "clusters", world, *LIMITS).stdout
    assert "hosted-" in told
    assert "(bound)" in told


def test_users_are_answered_from_near(world: Path, tmp_path: Path) -> None:
    allocations = list(csv.DictReader((world / "allocations.csv").open()))
    name = Counter(row["application"] for row in allocations).most_common(1)[0][0]
    out = tmp_path / "serving.csv"
    plan = bayplan_json("plan", "serving", world, "--application", name, "-o", out)
    assert plan["answered"] == plan["users"] <= plan["room"]
    lines = list(csv.DictReader(out.open()))
    assert sum(int(line["users"]) for line in lines) == plan["answered"]
    users = tmp_path / "users.csv"
    users.write_text("province,carrier,users\nGuangdong,telecom,1000\n")
    crowded = bayplan_json("plan", "serving", world, "--application", name, "--users", users, "--per-instance", 1)
    instances = sum(int(row["instances"]) for row in allocations if row["application"] == name)
    assert crowded["answered"] == min(1000, crowded["room"]) <= instances
    near = bayplan_json(
        "plan", "serving", world, "--application", name, "--users", users, "--per-instance", 1000, "--within", 5
    )
    assert all(each["latencyMs"] <= 5 for each in near["answers"])
    assert near["answered"] + sum(each["users"] for each in near.get("overflow", [])) == 1000
    assert "ms away in the mean" in " ".join(bayplan("plan", "serving", world, "--application", name).stdout.split())


def test_slips_are_told(world: Path, tmp_path: Path) -> None:
    users = tmp_path / "users.csv"
    users.write_text("province,carrier,users\nGuangdon,telecom,x\n")
    told = bayplan("plan", "serving", world, "--application", "x", "--users", users, exit_code=2).stderr
    assert (
        "users.csv:2: province: found 'Guangdon', expected a province of the world (did you mean 'Guangdong'?)" in told
    )
    assert "users.csv:2: users: found 'x'" in told
    assert "no instance of 'x'" in bayplan("plan", "serving", world, "--application", "x", exit_code=2).stderr
    before = tmp_path / "before.csv"
    before.write_text("site,cluster\na,b\n")
    told = bayplan("plan", "clusters", world, "--previous", before, exit_code=2).stderr
    assert "servers: found no such column" in told
