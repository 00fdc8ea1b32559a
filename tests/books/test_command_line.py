"""From an empty file to a bill, by the command line: import, solve, commit, reserve, hold, release, audit, usage."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from planner.manifests.dialect import dumped
from tests.api.running import bayplan, bayplan_json

SMALL = Path(__file__).parents[2] / "examples" / "worlds" / "small"


@pytest.fixture(autouse=True)
def _books_in_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BAYPLAN_DATABASE", str(tmp_path / "books.db"))


def manifest(tmp_path: Path, name: str, instances: int, **more: Any) -> Path:
    where = {"where": {"site": "gz-telecom"}, "instances": instances}
    spec = {"runtime": "container", "resources": {"cpu": 2}, "demand": [where], **more}
    file = tmp_path / f"{name}.yaml"
    file.write_text(dumped([{"metadata": {"name": name, "namespace": "acme"}, "spec": spec}]))
    return file


def test_a_day_with_the_books(tmp_path: Path) -> None:
    told = bayplan("sites", "list", exit_code=2).stderr
    assert "bayplan db upgrade" in told, "it says what to do"
    assert bayplan_json("db", "upgrade")["before"] is None
    assert bayplan_json("import", SMALL)["servers"] == 8
    plan = bayplan_json("solve", "-f", SMALL / "applications.yaml")
    booked = bayplan_json("commit", plan["plan"])
    assert sum(row["instances"] for row in booked["placements"]) == 20
    assert bayplan_json("commit", plan["plan"], exit_code=3)["code"] == "plan.stale"
    assert bayplan_json("replay", plan["plan"])["same"] is True

    amounts = ("--tenant", "vm", "--where", "site=gz-telecom", "--amount", "cpu=100")
    bayplan("reserve", "later", *amounts)
    (row,) = bayplan_json("reservations", "list")
    assert (row["tenant"], row["name"], row["degraded"]) == ("vm", "later", False)
    no = bayplan_json("commit", "-f", manifest(tmp_path, "shop", 60), exit_code=3)
    assert (no["code"], no["shortfall"]) == ("capacity.waiting", {"cpu": "52"})
    assert no["explanation"]["helps"] == ["ask for 34 instances: so many fit now"]
    bayplan("reservations", "cancel", "later", "--tenant", "vm")

    held = bayplan_json("hold", "place", "-f", manifest(tmp_path, "shop", 60), "--ttl", "10m")
    assert [each["id"] for each in bayplan_json("hold", "list")] == [held["id"]]
    bayplan("hold", "extend", held["id"], "--ttl", "20m")
    bayplan("hold", "confirm", held["id"])
    assert bayplan_json("hold", "cancel", held["id"], exit_code=3)["code"] == "hold.gone"
    first = bayplan_json("release", "acme/shop", "--instances", 10, "--key", "once")
    assert first == bayplan_json("release", "acme/shop", "--instances", 10, "--key", "once")
    assert sum(each["instances"] for each in bayplan_json("allocations", "acme/shop")) == 50

    assert bayplan_json("sites", "set", "sz-telecom", "offline")["degraded"] == []
    assert {each["site"]: each["state"] for each in bayplan_json("sites", "list")}["sz-telecom"] == "offline"
    bayplan("servers", "set", "gz-1", "draining")
    states = {each["server"]: each["state"] for each in bayplan_json("servers", "list", "--site", "gz-telecom")}
    assert states == {"gz-1": "draining", "gz-2": "online", "gz-3": "online", "gz-4": "online"}
    actions = [each["action"] for each in bayplan_json("audit")]
    assert actions[:3] == ["inventory.import", "allocation.book", "reservation.book"]
    assert {row["tenant"] for row in bayplan_json("usage")} == {"acme", "vm"}
    assert bayplan_json("db", "check") == {"balanced": True, "findings": []}
    for command in (["audit"], ["usage"], ["allocations"], ["servers", "list"], ["reservations", "list", "--all"]):
        assert bayplan(*command).stdout, "a table for people"


def test_streams_add_and_change_servers(tmp_path: Path) -> None:
    bayplan("db", "upgrade")
    sites, servers = tmp_path / "sites.csv", tmp_path / "servers.ndjson"
    sites.write_text("site,province\ngz,Guangdong\nsz,Guangdong\n")
    rows = [{"server": f"s{row}", "site": "gz", "cpu": 8000, "capabilities": ["lb.l7", "gpu"]} for row in range(3)]
    servers.write_text("\n".join(map(json.dumps, rows)))
    assert bayplan_json("import", "--sites", sites, "--servers", servers)["servers"] == 3
    more = tmp_path / "more.csv"
    more.write_text("server,site,cpu,capabilities\ns2,gz,16000,gpu;lb.l7\ns3,sz,4000,\n")
    assert bayplan_json("import", "--servers", more)["servers"] == 2
    free = {row["server"]: row["free"]["cpu"] for row in bayplan_json("servers", "list")}
    assert free == {"s0": 8000, "s1": 8000, "s2": 16000, "s3": 4000}
    more.write_text("server,site,cpu\ns4,nowhere,1\ns5,gz,lots\n")
    problems = bayplan_json("import", "--servers", more, exit_code=2)["problems"]
    assert [(row["line"], row["field"]) for row in problems] == [(2, "site"), (3, "cpu")]
    more.write_text("server,site,cpu\ns0,sz,8000\n")
    assert bayplan_json("import", "--servers", more, exit_code=3)["code"] == "server.moved"


def test_a_reservation_is_promoted_and_changed(tmp_path: Path) -> None:
    bayplan("db", "upgrade")
    bayplan("import", SMALL)
    plan = bayplan_json("solve", "-f", manifest(tmp_path, "shop", 5))
    booked = bayplan_json("promote", plan["plan"], "--name", "soon", "--end", "2999-01-01T00:00:00Z")
    assert (booked["kind"], booked["end"]) == ("reservation", "2999-01-01T00:00:00Z")
    file = tmp_path / "reservation.yaml"
    spec = {"amounts": {"cpu": 10}, "where": {"site": "gz-telecom"}}
    file.write_text(dumped([{"metadata": {"name": "soon", "namespace": "acme"}, "spec": spec}]))
    changed = bayplan_json("reservations", "change", file)
    assert (changed["end"], changed["placements"]) == (None, [{"server": "gz-3", "amounts": {"cpu": "10"}}])
    problems = bayplan_json("promote", plan["plan"], "--name", "x", "--end", "soon", exit_code=2)["problems"]
    assert problems[0]["field"] == "end"


def test_single_sites_and_servers_come_and_change(tmp_path: Path) -> None:
    bayplan("db", "upgrade")
    bayplan("sites", "add", "gz", "province=Guangdong", "carrier=telecom")
    first = bayplan_json("servers", "add", "s1", "site=gz", "cpu=8000", "memory=16384", "--key", "one")
    assert first == bayplan_json("servers", "add", "s1", "site=gz", "cpu=8000", "memory=16384", "--key", "one")
    assert bayplan_json("servers", "add", "s1", "site=gz", "cpu=1", exit_code=3)["code"] == "server.exists"
    assert bayplan_json("sites", "change", "hz", "cost=2", exit_code=3)["code"] == "site.unknown"
    assert bayplan_json("servers", "change", "s1", "cpu=lots", exit_code=2)["problems"][0]["field"] == "cpu"
    bayplan("servers", "set", "s1", "draining")
    bayplan("servers", "change", "s1", "cpu=16000")
    bayplan("sites", "change", "gz", "cost=2")
    (row,) = bayplan_json("servers", "list")
    assert (row["state"], row["free"]) == ("draining", {"cpu": 16_000, "memory": 16_384}), "all else stays"
    (row,) = bayplan_json("sites", "list")
    assert (row["province"], row["carrier"]) == ("Guangdong", "telecom")
    bayplan("servers", "set", "s1", "retired")
    bayplan("sites", "set", "gz", "retired")


def test_a_stale_plan_is_made_again_if_one_likes(tmp_path: Path) -> None:
    bayplan("db", "upgrade")
    bayplan_json("import", SMALL, "--key", "world")
    assert bayplan_json("import", SMALL, "--key", "world")["lines"] == 2, "a repeat is answered the same"
    plan = bayplan_json("solve", "-f", manifest(tmp_path, "shop", 5))["plan"]
    bayplan("commit", "-f", manifest(tmp_path, "other", 5))
    assert bayplan_json("commit", plan, exit_code=3)["code"] == "plan.stale"
    assert bayplan_json("commit", plan, "--retry", 1)["plan"] != plan
