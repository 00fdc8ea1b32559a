"""Windows over HTTP: plans are for the time from now on, or from when the request says."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from tests.api.http.test_solve import post
from tests.api.manifests import manifest


def windowed(**window: Any) -> dict[str, Any]:
    asked = manifest("film", instances=3)
    return {**asked, "spec": {**asked["spec"], "window": window}}


def test_a_plan_with_windows_says_from_when_on(client: httpx.Client) -> None:
    evenings = windowed(daily="18:00-23:00", timeZone="Asia/Shanghai")
    before = datetime.now(UTC) - timedelta(seconds=1)
    plan = post(client, evenings, effort=0).json()
    assert not plan["unplaced"]
    at = plan["parameters"]["at"]
    assert before <= datetime.fromisoformat(at) <= datetime.now(UTC)
    again = post(client, evenings, effort=0, at=at).json()
    assert (again["plan"], again["placements"]) == (plan["plan"], plan["placements"])
    assert "at" not in post(client, manifest("plain"), effort=0).json()["parameters"]


def test_what_is_over_by_then_is_refused(client: httpx.Client) -> None:
    short = windowed(end="2098-01-01T00:00:00Z")
    assert not post(client, short, effort=0).json()["unplaced"]
    (left,) = post(client, short, effort=0, at="2098-06-01T00:00:00Z").json()["unplaced"]
    assert left["reason"] == "its window is over, it ended at 2098-01-01 00:00 +00:00"


def test_slips_are_told_by_their_field(client: httpx.Client) -> None:
    answer = post(client, windowed(daily="18:00-23:00", timeZone="Mars/Olympus"), at="tomorrow")
    assert answer.status_code == 422
    assert {each["field"] for each in answer.json()["problems"]} == {
        "applications[0].spec.window.timeZone",
        "options.at",
    }
