"""A window reads as it is written, and every slip in it is told."""

from __future__ import annotations

import pytest

from planner.manifests.errors import InvalidInput
from planner.manifests.window import Window
from planner.worlds.applications import read_applications, written_applications
from tests.worlds import application

HEAD = "metadata: {name: web}\nspec:\n  runtime: vm\n  resources: {cpu: 1}\n  demand: [{instances: 3}]\n  window: "
EXAMPLE = "such as 2026-12-01T18:00:00+08:00"


def read(window: str) -> Window | None:
    (found,) = read_applications(HEAD + window, "a.yaml")
    return found.spec.window


def test_reads_instants_and_slices() -> None:
    window = read("{start: 2026-12-01T00:00:00+08:00, daily: [18:00-23:30, 23:45-24:00], timeZone: Asia/Shanghai}")
    assert window is not None
    assert window.end is None
    assert list(window.slices) == [(64_800, 84_600), (85_500, 86_400)]
    assert window.start == Window.model_validate({"start": "2026-11-30T16:00:00Z"}).start


@pytest.mark.parametrize(
    "window",
    [
        {"daily": "22:00-06:00", "timeZone": "Asia/Shanghai"},
        {"daily": ["06:00-09:00", "18:00-24:00"], "timeZone": "Europe/London", "start": "2026-12-01T00:00:00Z"},
        {"start": "2026-12-01T00:00:00+08:00", "end": "2026-12-02T00:00:00-05:00"},
    ],
)
def test_what_is_written_reads_back(window: dict[str, object]) -> None:
    asked = application("web", window=window)
    assert read_applications(written_applications([asked]), "a.yaml") == (asked,)
    assert asked.spec.window is not None
    assert asked.spec.window.model_dump(by_alias=True, exclude_none=True) == window


@pytest.mark.parametrize(
    ("window", "field", "found", "expected"),
    [
        ("{}", "", "a window without limits", "start, end or daily (without a window it is always)"),
        ("18:00-23:00", "", "'18:00-23:00'", "a mapping"),
        ("{start: 2026-12-01}", ".start", "'2026-12-01'", EXAMPLE),
        ("{start: 2026-12-01T00:00:00}", ".start", "'2026-12-01T00:00:00'", EXAMPLE),
        ("{start: 2026-13-01T00:00:00Z}", ".start", "'2026-13-01T00:00:00Z'", EXAMPLE),
        ("{end: 2100-01-01T00:00:00Z}", ".end", "'2100-01-01T00:00:00Z'", EXAMPLE),
        (
            "{start: 2026-12-01T00:00:00Z, end: 2026-12-01T08:00:00+08:00}",
            ".end",
            "2026-12-01T08:00:00+08:00",
            "an instant after start, 2026-12-01T00:00:00+00:00",
        ),
        ("{daily: 18:00-23:00}", "", "daily without timeZone", "the zone whose clocks it goes by"),
        ("{start: 2026-12-01T00:00:00Z, timeZone: UTC}", ".timeZone", "timeZone without daily", "their own offset"),
        ("{daily: 18:00-23:00, timeZone: GMT+8}", ".timeZone", "'GMT+8'", "an IANA time zone"),
        ("{daily: 18:00-18:00, timeZone: UTC}", ".daily", "'18:00-18:00'", "a slice of the day"),
        ("{daily: 18:00-24:30, timeZone: UTC}", ".daily", "'18:00-24:30'", "a slice of the day"),
        ("{daily: [01:00-02:00, 3], timeZone: UTC}", ".daily[1]", "3", "a slice of the day"),
        ("{daily: [], timeZone: UTC}", ".daily", "an empty list", "a slice of the day"),
        ("{from: 2026-12-01T00:00:00Z}", ".from", "an unknown field", "one of 'start', 'end', 'daily', 'timeZone'"),
    ],
)
def test_every_slip_is_told(window: str, field: str, found: str, expected: str) -> None:
    with pytest.raises(InvalidInput) as error:
        read(window)
    (problem,) = error.value.problems
    assert (problem.line, problem.field, problem.found) == (6, f"spec.window{field}", found)
    assert expected in problem.expected
