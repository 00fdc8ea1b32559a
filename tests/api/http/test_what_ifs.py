"""What-if jobs over HTTP: begun, watched, read, compared and cancelled, on a real server."""

from __future__ import annotations

import time
from typing import Any

import httpx

SOUTH = {"of": "site", "where": {"region": "South China"}}
ANY_SITE = {"metadata": {"name": "any-site"}, "spec": {"scenarios": [{"everyLoss": SOUTH}]}}


def started(client: httpx.Client, body: Any) -> str:
    answer = client.post("/v1/what-ifs", json=body)
    assert answer.status_code == 202, answer.text
    assert answer.headers["location"] == f"/v1/what-ifs/{answer.json()['id']}"
    assert answer.json()["state"] == "running"
    return str(answer.json()["id"])


def ended(client: httpx.Client, identity: str, seconds: float = 90) -> dict[str, Any]:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        state: dict[str, Any] = client.get(f"/v1/what-ifs/{identity}").raise_for_status().json()
        if state["state"] != "running":
            return state
        time.sleep(0.1)
    raise AssertionError(f"it did not end: {state}")


def test_every_site_lost_and_what_more_room_is_worth(client: httpx.Client) -> None:
    first = started(client, ANY_SITE)
    early = client.get(f"/v1/what-ifs/{first}/result")
    assert (early.status_code, early.json()["code"]) == (409, "what-if.unfinished")
    state = ended(client, first)
    total = state["total"]
    assert (state["state"], state["done"]) == ("done", total), state
    result = client.get(f"/v1/what-ifs/{first}/result").raise_for_status().json()
    assert (result["name"], result["done"], result["failed"]) == ("any-site", total, 0)
    assert total == sum(each["region"] == "South China" for each in result["base"]["places"]) > 3
    site = next(each["site"] for each in result["base"]["places"] if each["region"] == "South China")
    more = {"add": {"servers": 3, "sites": site, "shape": {"cpu": 64, "memory": "256Gi"}}}
    larger = {"metadata": {"name": "more"}, "spec": {"scenarios": [{"changes": [more], "everyLoss": SOUTH}]}}
    second = started(client, larger)
    assert ended(client, second)["state"] == "done"
    found = client.get(f"/v1/what-ifs/{first}/comparison", params={"with": second}).raise_for_status().json()
    assert (
        found["after"]["headroom"] == found["before"]["headroom"] + (total - 1) * 3 * 16
    )  # not when the site itself is lost
    assert {each["id"] for each in client.get("/v1/what-ifs").json()} >= {first, second}


def test_a_job_is_cancelled_and_keeps_what_is_done(client: httpx.Client) -> None:
    body = {"metadata": {"name": "pairs"}, "spec": {"scenarios": [{"everyLoss": {"of": "rack", "together": 2}}]}}
    job = started(client, body)
    until = time.monotonic() + 60
    while not (state := client.get(f"/v1/what-ifs/{job}").json())["done"] and time.monotonic() < until:
        time.sleep(0.1)
    assert state["secondsLeft"] > 0
    answer = client.post(f"/v1/what-ifs/{job}:cancel").raise_for_status().json()
    assert answer["state"] == "cancelled"
    assert 0 < answer["done"] < answer["total"]
    kept = client.get(f"/v1/what-ifs/{job}/result").raise_for_status().json()
    assert kept["done"] == answer["done"]


def test_what_cannot_be_used_is_told_at_once(client: httpx.Client) -> None:
    bad = {"metadata": {"name": "x"}, "spec": {"scenarios": [{"everyLoss": {"of": "sight"}}]}}
    answer = client.post("/v1/what-ifs", json=bad)
    assert (answer.status_code, answer.json()["code"]) == (422, "manifest.invalid")
    assert answer.json()["problems"][0]["field"] == "spec.scenarios[0].everyLoss.of"
    named = {"metadata": {"name": "x"}, "spec": {"base": {"world": "/etc"}, "scenarios": [{"everyLoss": {}}]}}
    assert client.post("/v1/what-ifs", json=named).status_code == 422  # nobody names files of the server
    for path in ("/v1/what-ifs/0123456789ab", "/v1/what-ifs/..%2f..", "/v1/what-ifs/0123456789ab/result"):
        assert client.get(path).status_code == 404
    nowhere = {"metadata": {"name": "x"}, "spec": {"scenarios": [{"everyLoss": {"where": {"city": "Atlantis"}}}]}}
    state = ended(client, started(client, nowhere))
    assert state["state"] == "failed"
    assert "no scenario: nothing matches" in state["problem"]
