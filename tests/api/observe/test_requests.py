"""Each request has an id, in its answer, its problem and every line of the log; and one line that says how it went."""

from __future__ import annotations

import io
import logging
import time
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from api.http.app import create_app
from api.observe.logs import configure
from api.workers.start import pool
from tests.api.observe.conftest import Log, asked, small


def test_the_id_of_the_caller_goes_through_everything(client: TestClient, log: Log) -> None:
    refused = client.post("/v1/solve", json={"applications": []}, headers={"X-Request-Id": "order-17"})
    assert (refused.status_code, refused.headers["x-request-id"]) == (422, "order-17")
    assert refused.json()["request"] == "order-17"
    (line,) = log()
    assert (line["event"], line["request"], line["level"]) == ("request", "order-17", "info")
    assert (line["method"], line["path"], line["route"]) == ("POST", "/v1/solve", "/v1/solve")
    assert (line["status"], line["code"]) == (422, "manifest.invalid")
    assert 0 < line["seconds"] < 60
    assert line["timestamp"].endswith("Z")


@pytest.mark.parametrize("given", [None, "", "a b", "x" * 129, 'quote"', "line\tbreak"])
def test_an_id_is_made_where_none_is_given_that_is_one(client: TestClient, given: str | None) -> None:
    headers = {} if given is None else {"X-Request-Id": given}
    made = [client.get("/healthz", headers=headers).headers["x-request-id"] for _ in range(2)]
    assert made[0] != made[1]
    assert all(len(each) == 32 for each in made)


def test_routes_are_told_without_the_names_in_them(client: TestClient, log: Log) -> None:
    assert client.get("/v1/secret/path").json()["code"] == "route.unknown"
    (line,) = log()
    assert (line["route"], line["path"]) == ("none", "/v1/secret/path")


def test_what_machines_ask_all_day_is_not_in_the_log(client: TestClient, log: Log) -> None:
    for path in ("/healthz", "/readyz", "/metrics"):
        client.get(path).raise_for_status()
    assert log() == []


def test_a_bug_is_a_problem_and_its_trace_is_in_the_log_only(log: Log) -> None:
    with pool(small, 1) as made:
        app = create_app(made)

        @app.get("/broken")
        async def broken() -> None:
            raise ZeroDivisionError("of all things")

        with TestClient(app) as client:
            answer = client.get("/broken")
    assert (answer.status_code, answer.json()["code"]) == (500, "internal")
    assert "things" not in answer.text
    trace, line = log()
    assert "ZeroDivisionError: of all things" in trace["exception"]
    assert (line["level"], line["status"]) == ("error", 500)
    assert {trace["request"], line["request"]} == {answer.headers["x-request-id"], answer.json()["request"]}


def test_a_lost_worker_is_logged_under_the_request_that_it_cost(log: Log) -> None:
    with pool(small, 1) as made, TestClient(create_app(made)) as client:
        made.processes[0].kill()
        answer = client.post("/v1/solve", json=asked())
    lost = [line for line in log() if "worker process" in line["event"]]
    assert len(lost) == 1
    if answer.status_code == 503:
        assert (answer.json()["code"], lost[0]["request"]) == ("worker.lost", answer.json()["request"])


def test_people_get_words() -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    root = logging.getLogger()
    before, level, stream = root.handlers[:], root.level, Terminal()
    try:
        configure("auto", "info", stream)
        logging.getLogger("bayplan.requests").info("request", extra={"status": 200})
        logging.getLogger("bayplan.requests").debug("not this")
    finally:
        root.handlers[:] = before
        root.setLevel(level)
    (line,) = stream.getvalue().splitlines()
    assert "request" in line
    assert "status" in line
    assert not line.startswith("{")


def test_a_server_logs_to_stderr_and_nowhere_else(tmp_path: Path) -> None:
    from api.cli.demo.service import service
    from api.client import Client
    from tests.api.running import bayplan

    folder = tmp_path / "world"
    bayplan("world", "generate", "--sites", 2, "--servers", 10, "-o", folder)
    with service(folder, "--log-level", "warning") as quiet, service(folder) as running:
        for each in (quiet, running):
            with Client(each.url) as client:
                client.solve(asked()["applications"])
        until = time.monotonic() + 20  # the line is written once the answer is sent
        while '"route": "/v1/solve"' not in running.log.read_text():
            assert time.monotonic() < until
            time.sleep(0.01)
        assert quiet.log.read_text() == ""
