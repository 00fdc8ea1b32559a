"""The server as a process: always free to answer, says where it listens, ends when told to."""

from __future__ import annotations

import json
import signal
import threading
import time
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

import httpx
import pytest

from api.cli.demo.service import service
from planner.worlds.read import read
from tests.api.manifests import manifest
from tests.api.running import bayplan


def long_request(edge: Path, seconds: float) -> dict[str, Any]:
    """What takes its whole time limit: the batch of the world, most of what is free, with no gap allowed."""
    world = read(edge)
    running = {row.application for row in world.allocations}
    batch = [each.model_dump(mode="json", by_alias=True) for each in world.applications if each.id not in running]
    return {"applications": batch, "options": {"timeLimit": seconds, "gap": 0}}


def test_a_long_solve_never_keeps_the_server_from_answering(client: httpx.Client, edge: Path) -> None:
    request, took = long_request(edge, 4), list[float]()
    solving = threading.Thread(target=lambda: took.append(timed(lambda: client.post("/v1/solve", json=request))))
    solving.start()
    answers = []
    with httpx.Client(base_url=client.base_url, trust_env=False) as other:
        while solving.is_alive():
            answers.append(timed(lambda: other.get("/healthz").raise_for_status()))
            time.sleep(0.02)
    assert took[0] > 3, "the request was not long enough to prove anything"
    assert len(answers) > 20
    *_, slow, slowest = sorted(answers)
    assert slow < 0.2, "one may be late on a machine that does something else too"
    assert slowest < 1


def test_small_answers_are_sent_at_once(client: httpx.Client) -> None:
    """With Nagle's algorithm on, each takes 40 ms and more."""
    assert median(timed(lambda: client.get("/healthz")) for _ in range(15)) < 0.03


def timed(action: Any) -> float:
    begin = time.perf_counter()
    action()
    return time.perf_counter() - begin


def test_a_small_request_passes_long_ones(client: httpx.Client, edge: Path) -> None:
    request = long_request(edge, 4)
    solving = [threading.Thread(target=lambda: client.post("/v1/solve", json=request)) for _ in range(2)]
    for thread in solving:
        thread.start()
    time.sleep(0.5)
    small = {"applications": [manifest(instances=5)], "options": {"timeLimit": 1}}
    took = timed(lambda: client.post("/v1/solve", json=small).raise_for_status())
    assert all(thread.is_alive() for thread in solving), "the others were not long enough to prove anything"
    assert took < 1.5
    for thread in solving:
        thread.join()


@pytest.mark.parametrize("sent", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_the_server_well(edge: Path, sent: signal.Signals) -> None:
    with service(edge) as running:
        running.process.send_signal(sent)
        out, _ = running.process.communicate(timeout=10)
        assert running.process.returncode == 0
        assert (out, running.log.read_text()) == ("", "")


def test_a_signal_ends_the_server_in_the_middle_of_a_long_solve(edge: Path) -> None:
    request, answers = long_request(edge, 60), list[httpx.Response]()
    with service(edge) as running:
        ask = partial(httpx.post, f"{running.url}/v1/solve", json=request, timeout=60, trust_env=False)
        asking = threading.Thread(target=lambda: answers.append(ask()))
        asking.start()
        time.sleep(1.5)
        begin = time.perf_counter()
        running.process.send_signal(signal.SIGTERM)
        out, _ = running.process.communicate(timeout=15)
        asking.join()
        assert time.perf_counter() - begin < 8
        assert (running.process.returncode, out) == (0, "")
        (line,) = running.log.read_text().splitlines()
        assert (json.loads(line)["status"], json.loads(line)["code"]) == (503, "server.stopping")
    assert (answers[0].status_code, answers[0].json()["code"]) == (503, "server.stopping")


def test_a_taken_port_is_bad_input(client: httpx.Client, edge: Path) -> None:
    result = bayplan("serve", edge, "--insecure", "--port", client.base_url.port, exit_code=2)
    assert "expected an address that is free" in result.stderr
