"""Standby through the command line: planned, told by site, checked loss by loss, and kept in the books."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from shutil import copytree

import pytest

from tests.api.running import bayplan, bayplan_json

EXAMPLE = Path(__file__).parents[2] / "examples" / "worlds" / "standby"


@pytest.fixture
def plan(tmp_path: Path) -> Path:
    path = tmp_path / "plan.json"
    told = " ".join(bayplan("solve", EXAMPLE, "-o", path).stdout.split())
    assert "placed 32 of 32 instances of 2 applications" in told
    assert "keeps room for 8 instances of acme/shop, should site gz-telecom-2 be lost" in told
    return path


def test_every_loss_is_played_again(plan: Path) -> None:
    assert bayplan_json("check", EXAMPLE, plan) == {"clean": True, "violations": []}
    made = json.loads(plan.read_text())
    running = Counter({(row["application"], row["server"]): row["instances"] for row in made["placements"]})
    sites = {row["server"]: row["server"].rsplit("-", 1)[0] for row in made["placements"] + made["standby"]}
    for lost in set(sites.values()):
        left = {key: count for key, count in running.items() if sites[key[1]] != lost}
        again = [row for row in made["standby"] if row["lost"] == {"level": "site", "domain": lost}]
        assert all(sites[row["server"]] != lost for row in again)
        runs: Counter[str] = Counter()
        cpu: Counter[str] = Counter()
        for name, server, count in [
            *((name, server, count) for (name, server), count in left.items()),
            *((row["application"], row["server"], row["instances"]) for row in again),
        ]:
            runs[name] += count
            cpu[server] += count * {"acme/web": 2, "acme/shop": 4}[name]
        assert runs["acme/web"] >= 18
        assert runs["acme/shop"] == 8
        assert max(cpu.values()) <= 16


def test_a_plan_that_forgot_a_loss_is_found_out(plan: Path, tmp_path: Path) -> None:
    made = json.loads(plan.read_text())
    made["standby"] = [row for row in made["standby"] if row["application"] != "acme/shop"]
    spoilt = tmp_path / "spoilt.json"
    spoilt.write_text(json.dumps(made))
    answer = bayplan_json("check", EXAMPLE, spoilt, exit_code=1)
    assert {each["rule"] for each in answer["violations"]} == {"standby"}
    assert all("may run again after its loss" in each["message"] for each in answer["violations"])


def test_what_stands_aside_is_not_sold_tomorrow(plan: Path, tmp_path: Path) -> None:
    made = json.loads(plan.read_text())
    tomorrow = copytree(EXAMPLE, tmp_path / "tomorrow")
    rows = [f"{row['application']},{row['server']},{row['instances']}" for row in made["placements"]]
    (tomorrow / "allocations.csv").write_text("\n".join(["application,server,instances", *rows]) + "\n")
    aside = [
        f"{row['application']},{row['server']},{row['instances']},{row['lost']['level']},{row['lost']['domain']}"
        for row in made["standby"]
    ]
    (tomorrow / "standby.csv").write_text("\n".join(["application,server,instances,level,domain", *aside]) + "\n")
    per_server: dict[str, Counter[str]] = {}
    for row in made["standby"]:
        cpu = row["instances"] * {"acme/web": 2, "acme/shop": 4}[row["application"]]
        per_server.setdefault(row["server"], Counter())[row["lost"]["domain"]] += cpu
    free = 9 * 16 - 24 * 2 - 8 * 4 - sum(max(losses.values()) for losses in per_server.values())
    more = tmp_path / "more.yaml"
    demand = f"demand: [{{instances: {free}}}]"
    more.write_text(f"{{metadata: {{name: rest}}, spec: {{runtime: vm, resources: {{cpu: 1}}, {demand}}}}}")
    assert not json.loads(bayplan("solve", tomorrow, "-f", more, "--json").stdout)["unplaced"]
    more.write_text(more.read_text().replace(str(free), str(free + 1)))
    assert json.loads(bayplan("solve", tomorrow, "-f", more, "--json").stdout)["unplaced"]
