"""POST /v1/explain: the whole answer, or line by line as it becomes known; mistakes are problems either way."""

from __future__ import annotations

import json

import httpx

from tests.api.manifests import manifest


def test_the_answer_grows_line_by_line(client: httpx.Client) -> None:
    body = {"applications": [manifest(instances=100_000)], "options": {"proof": 3, "counterOffers": 3}}
    whole = client.post("/v1/explain", json=body).raise_for_status().json()
    (refused,) = whole["refused"]
    assert refused["conflict"]["minimal"]
    assert "instances" in {offer["kind"] for offer in refused["counterOffers"]}
    answer = client.post("/v1/explain", json=body, headers={"accept": "application/x-ndjson"}).raise_for_status()
    lines = [json.loads(line) for line in answer.text.splitlines()]
    assert len(lines) >= 3
    assert "proof" not in lines[0]["refused"][0]["seconds"]
    assert lines[-1]["refused"][0]["conflict"] == refused["conflict"]


def test_what_is_wrong_is_a_problem(client: httpx.Client) -> None:
    body = {"applications": [manifest()], "about": {"application": "tests/web", "site": "nowhere"}}
    for accept in ("application/json", "application/x-ndjson"):
        answer = client.post("/v1/explain", json=body, headers={"accept": accept})
        assert (answer.status_code, answer.json()["code"]) == (422, "manifest.invalid")
        assert answer.json()["problems"][0]["field"] == "site"
