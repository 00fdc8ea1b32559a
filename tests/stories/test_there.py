"""The same commands on a running service: the same answers, tables and exit codes as on the books here."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from api.cli.demo.service import service
from tests.api.running import bayplan, bayplan_json
from tests.books.test_command_line import SMALL, manifest
from tests.databases import made


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> str:
    database = made(str(tmp_path_factory.mktemp("there") / "books.db"))
    bayplan("import", SMALL, "--database", database)
    return database


@pytest.fixture(scope="module")
def url(database: str) -> Iterator[str]:
    with service(None, "--database", database) as running:
        yield running.url


@pytest.fixture(autouse=True)
def _no_books_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BAYPLAN_DATABASE", "/nowhere/books.db")


def test_plan_commit_reserve_hold_release(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BAYPLAN_SERVER", url)
    plan = bayplan_json("solve", "-f", manifest(tmp_path, "web", 20), "-o", tmp_path / "plan.json")
    assert json.loads((tmp_path / "plan.json").read_text()) == plan
    assert sum(row["instances"] for row in plan["placements"]) == 20
    shown = bayplan("solve", "-f", manifest(tmp_path, "web", 20)).stdout
    assert "20 of 20 instances of 1 application" in shown
    booked = bayplan_json("commit", plan["plan"])
    assert (booked["kind"], booked["plan"]) == ("allocation", plan["plan"])
    assert bayplan_json("commit", plan["plan"], exit_code=3)["code"] == "plan.stale"

    amounts = ("--tenant", "vm", "--where", "site=gz-telecom", "--amount", "cpu=60")
    assert bayplan_json("reserve", "later", *amounts)["kind"] == "reservation"
    no = bayplan_json("commit", "-f", manifest(tmp_path, "shop", 60), exit_code=3)
    assert no["code"] == "capacity.waiting"
    assert no["shortfall"]["cpu"]
    told = bayplan("commit", "-f", manifest(tmp_path, "shop", 60), exit_code=3).stderr
    assert "refused, capacity.waiting" in told
    assert "ask for" in told, "what helps is told too"
    bayplan("reservations", "cancel", "later", "--tenant", "vm")

    held = bayplan_json("hold", "place", "-f", manifest(tmp_path, "shop", 4), "--ttl", "10m")
    bayplan("hold", "extend", held["id"], "--ttl", "20m")
    bayplan("hold", "confirm", held["id"])
    assert bayplan_json("hold", "cancel", held["id"], exit_code=3)["code"] == "hold.gone"
    kept = bayplan_json("promote", bayplan_json("solve", "-f", manifest(tmp_path, "next", 2))["plan"], "--name", "next")
    assert kept["kind"] == "reservation"


@pytest.mark.parametrize(
    "command",
    [
        ("sites", "list"), ("reservations", "list", "--all"), ("hold", "list"), ("allocations",), ("audit",),
        ("allocations", "acme/database"), ("audit", "--most", 3), ("audit", "--action", "hold"),
    ],
)  # fmt: skip
def test_lists_are_those_of_the_books(url: str, database: str, tmp_path: Path, command: tuple[object, ...]) -> None:
    bayplan("--server", url, "hold", "place", "-f", manifest(tmp_path, "listed", 1), "--key", "listed")
    there = bayplan_json("--server", url, *command)
    here = bayplan_json(*command, "--database", database)
    assert there, "something is there"
    aside = {"audit": "detail", "sites": "generation"}.get(str(command[0]))  # of its last change, not of its books
    there, here = ([{**row, aside: None} if aside else row for row in rows] for rows in (there, here))
    known = [{name: value for name, value in row.items() if value is not None} for row in there]
    assert known == [{name: value for name, value in row.items() if value is not None} for row in here]
    if command[0] != "sites":
        assert bayplan("--server", url, *command).stdout == bayplan(*command, "--database", database).stdout


def test_states_usage_and_release(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BAYPLAN_SERVER", url)
    bayplan("commit", "-f", manifest(tmp_path, "released", 3))
    assert bayplan_json("release", "acme/released", "--instances", 1)["remaining"] == 2
    assert "2 released, 0 still run" in bayplan("release", "acme/released").stdout
    assert bayplan_json("release", "acme/released", exit_code=3)["code"] == "allocation.unknown"
    assert {row["server"] for row in bayplan_json("servers", "list", "--site", "sz-telecom")} == {"sz-1", "sz-2"}
    bayplan("sites", "set", "zs-unicom", "offline")
    assert {row["site"]: row["state"] for row in bayplan_json("sites", "list")}["zs-unicom"] == "offline"
    bayplan("sites", "set", "zs-unicom", "online")
    assert bayplan_json("servers", "set", "zs-2", "online")["state"] == "online"
    used = {row["application"]: row for row in bayplan_json("usage")}
    assert used["acme/database"]["instance_hours"] >= 0


def test_a_key_books_once(url: str, tmp_path: Path) -> None:
    file = manifest(tmp_path, "keyed", 1)
    asked = ("--server", url, "commit", "-f", file, "--key", "order-1")
    assert bayplan_json(*asked) == bayplan_json(*asked)


def test_explain(url: str, tmp_path: Path) -> None:
    file = manifest(tmp_path, "huge", 10_000)
    assert bayplan_json("--server", url, "explain", "-f", file)["refused"][0]["status"] == "infeasible"
    shown = bayplan("--server", url, "explain", "-f", file).stdout
    assert "cannot all be true" in shown
    bayplan("explain", "-f", file, exit_code=2)


def test_bad_input_is_told_with_its_line_and_what_only_the_service_knows_too(url: str, tmp_path: Path) -> None:
    file = manifest(tmp_path, "web", 1, runtime="cloud")
    told = bayplan("--server", url, "solve", "-f", file, exit_code=2).stderr
    assert f"{file}:" in told, "the file was read here"
    file = manifest(tmp_path, "child", 1, demand=[], master={"application": "acme/nobody", "perSite": 1})
    told = bayplan("--server", url, "solve", "-f", file, exit_code=2).stderr
    assert "applications[0].spec.master.application: found 'acme/nobody'" in told


@pytest.mark.parametrize("command", [("db", "check"), ("import", SMALL), ("world", "show", SMALL)])
def test_what_a_service_cannot_do_is_not_done_here_instead(url: str, command: tuple[object, ...]) -> None:
    assert "works here only" in bayplan("--server", url, *command, exit_code=2).stderr


def test_no_service(tmp_path: Path, unused_url: str) -> None:
    file = manifest(tmp_path, "web", 1)
    told = bayplan("--server", unused_url, "commit", "p-1", exit_code=4).stderr
    assert f"{unused_url} does not answer" in told
    assert "expected a URL" in bayplan("--server", "gopher", "solve", "-f", file, exit_code=2).stderr


@pytest.fixture
def unused_url() -> str:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as taken:
        return f"http://127.0.0.1:{taken.getsockname()[1]}"
