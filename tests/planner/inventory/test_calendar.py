"""A calendar knows every set of windows that are ever open together, whatever clocks do."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from planner.inventory.calendar import Calendar, largest, overlap, windows_of
from planner.manifests.window import Window
from tests.properties.strategies import examples
from tests.properties.test_windows import is_open
from tests.worlds import application

NOW = datetime(2027, 1, 1, tzinfo=UTC)
CHANGES = [(3, 14), (3, 28), (10, 31), (11, 7)]
"""When New York and London change their clocks in 2027."""
DAYS = [datetime(2027, month, 20, tzinfo=UTC) for month in range(1, 13)] + [
    datetime(2027, month, day + offset, tzinfo=UTC)
    for month, day in CHANGES
    for offset in (-1, 0, 1)
    if day + offset < 32
]
INSTANTS = [day + timedelta(minutes=30 * step) for day in DAYS for step in range(48)]


def daily(slices: str | list[str], zone: str = "Asia/Shanghai", **limits: Any) -> Window:
    return Window(daily=slices, time_zone=zone, **limits)


@st.composite
def evenings(draw: st.DrawFn) -> Window:
    """Of half an hour or an hour, in zones with daylight saving of their own: most meet in some seasons only."""
    zone, hour = draw(
        st.sampled_from([("Europe/London", 12), ("America/New_York", 7), ("UTC", 12), ("Asia/Tokyo", 21)])
    )
    begin = hour * 2 + draw(st.integers(-2, 2))
    end = begin + draw(st.integers(1, 2))
    return daily("-".join(f"{mark // 2 % 24:02}:{mark % 2 * 30:02}" for mark in (begin, end)), zone)


@examples(25)
@given(windows=st.lists(evenings(), min_size=2, max_size=3, unique=True))
def test_it_knows_all_sets_that_ever_are_and_no_other(windows: list[Window]) -> None:
    found = {tuple(row) for row in Calendar.of(windows, NOW).open.tolist()}
    assert found == {tuple(is_open(window, at) for window in windows) for at in INSTANTS}


def test_london_and_utc_meet_in_summer_only() -> None:
    london, here = daily("18:00-19:00", "Europe/London"), daily("17:00-18:00", "UTC")
    assert overlap([london], [here], NOW)
    assert not overlap([london], [daily("19:00-20:00", "UTC")], NOW)
    winter = Window(daily=("17:00-18:00",), time_zone="UTC", start=NOW, end=datetime(2027, 3, 28, tzinfo=UTC))
    assert not overlap([london], [winter], NOW)


def test_what_is_over_does_not_count() -> None:
    past = Window(end=datetime(2026, 6, 1, tzinfo=UTC))
    assert overlap([past], [None])
    assert not overlap([past], [None], NOW)
    assert Calendar.of([past, None], NOW).open.tolist() == [[False, True]]


@pytest.mark.parametrize(
    ("windows", "told"),
    [
        ([None], ""),
        ([daily("18:00-23:00")], "between 18:00 and 23:00 Asia/Shanghai"),
        ([daily("18:00-23:00"), daily("22:00-02:00")], "between 22:00 and 23:00 Asia/Shanghai"),
        (
            [daily("23:00-02:00", start="2027-02-01T00:00:00+08:00", end="2027-03-01T00:00:00+08:00")],
            "between 23:00 and 02:00 Asia/Shanghai from 2027-02-01 00:00 +08:00 until 2027-03-01 00:00 +08:00",
        ),
        ([Window(end="2027-03-01T12:00:00-05:00")], "until 2027-03-01 12:00 -05:00"),
        ([Window(start="2027-03-01T12:00:00Z")], "from 2027-03-01 12:00 +00:00"),
        (
            [daily("17:00-18:00", "UTC"), daily("18:00-19:00", "Europe/London")],
            "between 17:00 and 18:00 UTC from 2027-03-28 01:00 +00:00",
        ),
    ],
)
def test_it_says_when_most_of_it_is(windows: list[Window], told: str) -> None:
    calendar = Calendar.of(windows, NOW)
    assert calendar.told(int(np.argmax(calendar.open.sum(axis=1)))) == told


def test_largest_sets() -> None:
    sets = np.array([[1, 0, 0], [1, 1, 0], [0, 1, 1], [0, 0, 0]], np.bool_)
    assert largest(sets).tolist() == [1, 2]
    assert largest(sets[3:]).tolist() == [0]


def test_a_child_has_its_masters_window_unless_it_has_its_own() -> None:
    night, day = daily("22:00-06:00"), daily("06:00-22:00")
    every = [
        application("web", window=night),
        application("log", master={"application": "web", "ratio": 2}),
        application("tail", master={"application": "log", "perSite": 1}),
        application("backup", master={"application": "web", "perSite": 1}, window=day),
        application("alone"),
        application("stray", master={"application": "elsewhere", "perSite": 1}),
    ]
    found = windows_of({each.id: each for each in every}, {"elsewhere": day})
    assert found == {"web": night, "log": night, "tail": night, "backup": day, "alone": None, "stray": day}
