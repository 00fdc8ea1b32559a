"""Instants and durations read back as they were written, and everything else is told."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic_core import PydanticCustomError

from planner.manifests.documents import Source
from planner.manifests.errors import InvalidInput
from planner.manifests.instants import FOREVER, duration, instant, lasting, told
from planner.manifests.reservation import Reservation
from planner.manifests.validation import parse


@given(st.integers(0, 4_000_000_000_000))
def test_an_instant_reads_back(at: int) -> None:
    assert instant(told(at)) == at


@given(st.integers(1, 10**9))
def test_a_duration_reads_back_in_whole_seconds(seconds: int) -> None:
    assert duration(lasting(1000 * seconds)) == 1000 * seconds


def test_examples() -> None:
    assert told(instant("2026-11-23T16:00:00+08:00")) == "2026-11-23T08:00:00Z"
    assert told(FOREVER) is None
    assert (duration("1d12h"), lasting(129_600_000)) == (129_600_000, "36h")


@pytest.mark.parametrize("text", ["", "soon", "12", "12y", "0s", "-1h", "1h ", None, True, "99999999w"])
def test_what_is_no_duration(text: object) -> None:
    with pytest.raises(PydanticCustomError, match="a duration such as"):
        duration(text)


@pytest.mark.parametrize("text", ["", "2026-11-23", "2026-11-23T08:00:00", "1969-01-01T00:00:00Z", None, True, -1])
def test_what_is_no_instant(text: object) -> None:
    with pytest.raises(PydanticCustomError, match="an instant with its offset"):
        instant(text)


@pytest.mark.parametrize(
    ("spec", "field"),
    [
        ({}, "spec"),
        ({"amounts": {"cpu": 0}}, "spec.amounts"),
        ({"amounts": {"cpu": 1}, "applications": []}, "spec"),
        ({"applications": []}, "spec.applications"),
        ({"amounts": {"cpu": 1}, "start": "2027-01-02T00:00:00Z", "end": "2027-01-01T00:00:00Z"}, "spec.end"),
        ({"amounts": {"cpu": 1}, "match": "closed"}, "spec.match"),
        ({"amounts": {"cpu": 1}, "end": "tomorrow"}, "spec.end"),
    ],
)
def test_reservations_that_cannot_be(spec: object, field: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        parse(Reservation, {"metadata": {"name": "r"}, "spec": spec}, Source("request"))
    assert caught.value.problems[0].field == field


def test_a_reservation_is_of_one_tenant() -> None:
    web = {
        "metadata": {"name": "web", "namespace": "b"},
        "spec": {"runtime": "vm", "resources": {"cpu": 1}, "demand": [{"instances": 1}]},
    }
    manifest = {"metadata": {"name": "r", "namespace": "a"}, "spec": {"applications": [web]}}
    with pytest.raises(InvalidInput, match=r"spec.applications\[0\].metadata.namespace: found b, expected a"):
        parse(Reservation, manifest, Source("request"))
