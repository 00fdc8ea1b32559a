"""Every error is a problem document with a stable code, tells all that is wrong, and shows no stack trace."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.api.manifests import manifest

JSON = {"content-type": "application/json"}


def problem(answer: httpx.Response, status: int, code: str) -> Any:
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    content = answer.json()
    assert content["type"] == f"urn:bayplan:problem:{code}"
    assert (content["status"], content["code"]) == (status, code)
    assert content["title"]
    assert content["detail"]
    assert "Traceback" not in answer.text
    return content


def test_all_that_is_wrong_with_the_manifests_is_told_at_once(client: httpx.Client) -> None:
    asked = [
        manifest("web", instances=0),
        manifest("db", resources={"cpu": "-1", "memory": "many"}),
        manifest("log", master={"application": "nobody", "ratio": 1}, runtime="unikernel", colour="blue"),
    ]
    answer = client.post("/v1/solve", json={"applications": asked, "options": {"gap": 7}})
    problems = problem(answer, 422, "manifest.invalid")["problems"]
    assert {each["field"] for each in problems} >= {
        "applications[0].spec.demand[0].instances",
        "applications[1].spec.resources.cpu",
        "applications[1].spec.resources.memory",
        "applications[2].spec.runtime",
        "applications[2].spec.colour",
        "options.gap",
    }
    assert all(each["found"] and each["expected"] for each in problems)


def test_what_ties_manifests_is_checked_too(client: httpx.Client) -> None:
    asked = [
        manifest("log", master={"application": "nobody", "ratio": 1}),
        manifest("web", where={"planet": "mars"}),
        manifest("web", resources={"antimatter": 1}),
    ]
    answer = client.post("/v1/solve", json={"applications": asked})
    fields = {each["field"] for each in problem(answer, 422, "manifest.invalid")["problems"]}
    assert {
        "applications[0].spec.master.application",
        "applications[1].spec.demand[0].where.planet",
        "applications[2].metadata.name",
        "applications[2].spec.resources.antimatter",
    } <= fields


@pytest.mark.parametrize("body", ["[]", '"x"', "null", "{}", '{"applications": []}', '{"applications": {}, "more": 1}'])
def test_json_that_is_no_request_is_invalid(client: httpx.Client, body: str) -> None:
    assert problem(client.post("/v1/solve", content=body, headers=JSON), 422, "manifest.invalid")["problems"]


@pytest.mark.parametrize("body", ["", "{", "applications: []", "\xff", "[" * 100_000])
def test_malformed_json(client: httpx.Client, body: str) -> None:
    problem(client.post("/v1/solve", content=body.encode("latin-1"), headers=JSON), 400, "request.malformed")


def test_not_json(client: httpx.Client) -> None:
    answer = client.post("/v1/solve", content="a: 1", headers={"content-type": "application/yaml"})
    problem(answer, 415, "request.not-json")


def test_too_large(client: httpx.Client) -> None:
    problem(client.post("/v1/solve", content=b" " * (17 * 2**20), headers=JSON), 413, "request.too-large")


def test_too_large_without_saying_so(client: httpx.Client) -> None:
    megabytes = (b" " * 2**20 for _ in range(17))
    problem(client.post("/v1/solve", content=megabytes, headers=JSON), 413, "request.too-large")


def test_unknown_route(client: httpx.Client) -> None:
    problem(client.get("/v1/solutions"), 404, "route.unknown")


def test_wrong_method(client: httpx.Client) -> None:
    answer = client.get("/v1/solve")
    problem(answer, 405, "method.not-allowed")
    assert answer.headers["allow"] == "POST"
