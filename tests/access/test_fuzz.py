"""Manifests that are nearly right, or not at all, are answered or refused as problems: never with a failure."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import pytest
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from api.http.examples import RESERVATION, SOLVE
from tests.access.conftest import As

Steps = tuple[str | int, ...]
RICH: dict[str, Any] = deepcopy(SOLVE)
RICH["applications"][0]["spec"] |= {
    "demand": [{"where": {"province": ["Guangdong"]}, "instances": 5}],
    "requires": ["lb.l7"],
    "forbids": ["gpu.t4"],
    "together": [{"at": "site", "soft": 3}],
    "survives": [{"lossOf": "server", "keep": "50%"}],
    "window": {"daily": "08:00-20:00", "timeZone": "Asia/Shanghai"},
    "priority": 3,
    "expiresAfter": "12h",
}
BODIES = {
    "/v1/solve": RICH,
    "/v1/explain": RICH,
    "/v1/holds": RICH,
    "/v1/deliveries": RICH,
    "/v1/reservations": RESERVATION,
}
WORDS = st.sampled_from(
    ["", "0", "-1", "4", "1e9", "8Gi", "∞", "null", "site", "acme/x", "2026-11-23T08:00:00Z", "A" * 300]
)
NUMBERS = st.sampled_from([0, -1, 1, 10**6, 10**12, 2**63, 10**400, 0.5, 1e308, True, False])
JUNK = st.recursive(
    st.none() | WORDS | NUMBERS | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS | st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


def steps(content: Any, here: Steps = ()) -> Iterator[Steps]:
    """To every value inside."""
    pairs = content.items() if isinstance(content, dict) else enumerate(content) if isinstance(content, list) else ()
    for step, value in pairs:
        yield (*here, step)
        yield from steps(value, (*here, step))


@st.composite
def bodies(draw: st.DrawFn) -> tuple[str, Any]:
    path = draw(st.sampled_from(sorted(BODIES)))
    content = deepcopy(BODIES[path])
    for _ in range(draw(st.integers(1, 3))):
        places = list(steps(content))
        if not places:
            break
        *way, last = draw(st.sampled_from(places))
        inside: Any = content
        for step in way:
            inside = inside[step]
        if draw(st.booleans()):
            inside[last] = draw(JUNK)
        elif isinstance(inside, dict):
            inside[draw(st.sampled_from(["spec", "kind", "colour", "instances", "cpu"]))] = inside.pop(last)
        else:
            inside.append(inside[last])
    return path, content


@pytest.fixture(scope="module")
def acme(client_of: As) -> TestClient:
    return client_of("acme")


@settings(max_examples=settings().max_examples * 2, suppress_health_check=list(HealthCheck), deadline=None)
@given(asked=bodies())
def test_a_manifest_that_is_not_right_is_a_problem(acme: TestClient, asked: tuple[str, Any]) -> None:
    path, content = asked
    if path != "/v1/reservations" and isinstance(content.get("options"), dict):
        content["options"]["timeLimit"] = 0.5
    answer = acme.post(path, json=content)
    assert answer.status_code < 500 or answer.status_code == 503, answer.text
    assert "Traceback" not in answer.text
    if answer.status_code >= 400:
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["code"]
        if answer.json()["code"] == "manifest.invalid":
            assert all(each["found"] and each["expected"] for each in answer.json()["problems"])
