"""Asking without waiting: 202, progress by events, an end that nobody misses, and stopping early with the best."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.api.http.test_service import long_request
from tests.api.manifests import manifest

LATER = {"Prefer": "respond-async"}


def watched(client: httpx.Client, where: str, last: str | None = None) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """(event, id, data) until the stream ends."""
    headers = {} if last is None else {"Last-Event-ID": last}
    with client.stream("GET", f"{where}/events", headers=headers, timeout=60) as response:
        assert response.status_code == 200
        assert response.headers["content-type"].startswith("text/event-stream")
        found: dict[str, str] = {}
        for line in response.iter_lines():
            if line:
                name, _, value = line.partition(":")
                found[name] = value.strip()
            elif "event" in found:
                yield found["event"], found.get("id", ""), json.loads(found["data"])
                found = {}


def ended(client: httpx.Client, where: str) -> dict[str, Any]:
    until = time.monotonic() + 60
    while time.monotonic() < until:
        found: dict[str, Any] = client.get(where).raise_for_status().json()
        if found["state"] not in ("waiting", "running"):
            return found
        time.sleep(0.05)
    raise TimeoutError(where)


def test_a_plan_comes_later(client: httpx.Client) -> None:
    request = {"applications": [manifest(instances=5)]}
    begun = client.post("/v1/solve", json=request, headers=LATER)
    assert (begun.status_code, begun.headers["preference-applied"]) == (202, "respond-async")
    where = begun.headers["location"]
    assert where == f"/v1/plans/{begun.json()['id']}"
    found = ended(client, where)
    assert (found["state"], found["kind"]) == ("done", "plan")
    assert sum(row["instances"] for row in found["plan"]["placements"]) == 5
    last = list(watched(client, where))
    assert [event for event, _, _ in last] == ["done"], "whoever comes later gets the end"
    assert client.get(f"{where}/events", headers={"Last-Event-ID": last[-1][1]}).status_code == 204


def test_a_search_tells_how_it_goes_and_stops_with_the_best(client: httpx.Client, edge: Path) -> None:
    begun = client.post("/v1/solve", json=long_request(edge, 60), headers=LATER)
    where, seen, begin = begun.headers["location"], list[tuple[str, str, dict[str, Any]]](), time.monotonic()
    watching = threading.Thread(target=lambda: seen.extend(watched(client, where)))
    watching.start()
    while not any("progress" in data for _, _, data in seen) and time.monotonic() < begin + 30:
        time.sleep(0.05)
    progress = next(data["progress"] for _, _, data in seen if "progress" in data)
    assert {"name", "value", "bound", "gap"} == set(progress["objective"][0])
    stopped = client.post(f"{where}:cancel", timeout=60).raise_for_status().json()
    watching.join(timeout=30)
    assert time.monotonic() < begin + 45, "it was to take 60 s"
    assert stopped["state"] == "cancelled"
    assert stopped["plan"]["placements"], "the best that there was"
    assert seen[-1][0] == "cancelled"
    assert list(watched(client, where, last=seen[0][1]))[-1][:2] == ("cancelled", "end")
    again = client.post(f"{where}:cancel").raise_for_status().json()
    assert again["plan"] == stopped["plan"], "what has ended stays as it is"


def test_what_is_wrong_is_told_at_once(client: httpx.Client) -> None:
    wrong = client.post("/v1/solve", json={"applications": [manifest(instances=0)]}, headers=LATER)
    assert (wrong.status_code, wrong.json()["code"]) == (422, "manifest.invalid")
    for path in ("/v1/plans/s-none", "/v1/plans/s-none/events", "/v1/explanations/e-none"):
        unknown = client.get(path)
        assert unknown.status_code == 404
        assert unknown.json()["code"].endswith(".unknown")


def test_an_explanation_comes_later(client: httpx.Client) -> None:
    request = {"applications": [manifest(instances=100_000)], "options": {"proof": 1, "counterOffers": 1}}
    begun = client.post("/v1/explain", json=request, headers=LATER)
    assert begun.status_code == 202
    found = ended(client, begun.headers["location"])
    assert found["state"] == "done"
    assert found["explanations"]["refused"], found
    assert client.get(begun.headers["location"].replace("explanations", "plans")).status_code == 404


@pytest.mark.parametrize("prefer", ["wait=10", "handling=lenient"])
def test_other_preferences_change_nothing(client: httpx.Client, prefer: str) -> None:
    answer = client.post("/v1/solve", json={"applications": [manifest(instances=1)]}, headers={"Prefer": prefer})
    assert answer.status_code == 200
