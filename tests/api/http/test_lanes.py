"""Which lane a request belongs in, and whose turn it takes."""

from __future__ import annotations

import json
from typing import Any

import pytest

from api.http.lanes import BODY, sized
from planner.access.caller import ANYBODY, SCOPES, Caller

ACME = Caller("k-1", "portal", frozenset(SCOPES), frozenset({"acme"}))


def body(count: int = 1, instances: int = 1, tenant: str = "acme", **more: Any) -> bytes:
    each = {"metadata": {"name": "web", "namespace": tenant}, "spec": {"demand": [{"instances": instances}]}}
    return json.dumps({"applications": [each] * count, **more}).encode()


@pytest.mark.parametrize(
    ("content", "commits", "lane"),
    [
        (body(), None, "short"),
        (body(commit="auto"), None, "book"),
        (body(commit="auto"), False, "short"),
        (body(), True, "book"),
        (body(count=9), True, "long"),
        (body(instances=5001), True, "long"),
        (b" " * (BODY + 1), True, "long"),
        (b"no JSON", True, "short"),
    ],
)
def test_single_requests_are_short_and_batches_long(content: bytes, commits: bool | None, lane: str) -> None:
    assert sized(content, ACME, commits=commits).lane == lane


def test_a_request_takes_the_turn_of_its_tenant_and_never_of_one_it_is_not_for() -> None:
    assert sized(body(), ACME).tenant == "acme"
    assert sized(body(tenant="globex"), ANYBODY).tenant == "globex"
    for content in (body(tenant="globex"), b"no JSON", b" " * (BODY + 1)):
        assert sized(content, ACME).tenant == "k-1", "its own"


def test_who_wants_the_same_place_has_the_same_number() -> None:
    def place(where: dict[str, str]) -> int:
        demand = [{"where": where, "instances": 1}]
        applications = [{"metadata": {"name": "web"}, "spec": {"demand": demand}}]
        return sized(json.dumps({"applications": applications}).encode(), ANYBODY, commits=True).place

    assert place({"city": "gz", "carrier": "telecom"}) == place({"carrier": "telecom", "city": "gz"})
    assert place({"city": "gz"}) != place({"city": "sz"})
