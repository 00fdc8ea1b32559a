"""Latency: distances that are known, and what a bound on the round trip means."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from planner.inventory.inventory import Sites
from planner.inventory.latency import ACCESS_MS, CROSSING_MS, EARTH_RADIUS_KM, farthest, round_trip
from planner.inventory.snapshot import Snapshot
from planner.manifests.demand import Users, Within
from tests.worlds import Site, server, site, world

GUANGZHOU, SHENZHEN, BEIJING = (23.13, 113.26), (22.54, 114.06), (39.91, 116.40)
NEW_YORK, LONDON = (40.7128, -74.006), (51.5074, -0.1278)
CITIES = {"gz": GUANGZHOU, "sz": SHENZHEN, "bj": BEIJING}
point = st.tuples(st.floats(-90, 90), st.floats(-180, 180))


def distance(one: tuple[float, float], other: tuple[float, float]) -> float:
    return float(farthest(np.array([one]), np.array([other]))[0])


def at(name: str, place: tuple[float, float], **more: Any) -> Site:
    return site(name, latitude=place[0], longitude=place[1], **more)


def sites(*parts: Site) -> Sites:
    return world(*parts).inventory.sites


def milliseconds(here: Sites, **of: Any) -> dict[str, float]:
    return dict(zip(here.name, round_trip(here, Users(**of)).tolist(), strict=True))


@pytest.mark.parametrize(
    ("one", "other", "kilometres"),
    [
        (GUANGZHOU, SHENZHEN, 105.0),
        (GUANGZHOU, BEIJING, 1890.0),
        (NEW_YORK, LONDON, 5570.23),
        ((0, 179.5), (0, -179.5), EARTH_RADIUS_KM * np.pi / 180),
        ((90, 0), (-90, 77), EARTH_RADIUS_KM * np.pi),
        (BEIJING, BEIJING, 0),
    ],
)
def test_known_distances(one: tuple[float, float], other: tuple[float, float], kilometres: float) -> None:
    assert distance(one, other) == pytest.approx(kilometres, rel=0.002, abs=0.001)


@given(point, point)
def test_a_distance_is_the_same_both_ways(one: tuple[float, float], other: tuple[float, float]) -> None:
    assert distance(one, other) == pytest.approx(distance(other, one), abs=0.001)
    assert 0 <= distance(one, other) <= EARTH_RADIUS_KM * np.pi + 0.001


def test_users_at_a_point() -> None:
    here = sites(*(at(name, place) for name, place in CITIES.items()))
    assert milliseconds(here, latitude=GUANGZHOU[0], longitude=GUANGZHOU[1]) == {
        "gz": ACCESS_MS,
        "sz": pytest.approx(7.2, abs=0.05),
        "bj": pytest.approx(44.7, abs=0.1),
    }


def test_all_users_of_a_place_count() -> None:
    """Sites that are not online stand for users, too."""
    here = sites(
        at("gz", GUANGZHOU, province="Guangdong", carrier="telecom"),
        at("sz", SHENZHEN, province="Guangdong", carrier="unicom", state="offline"),
        at("bj", BEIJING, province="Beijing", carrier="telecom"),
    )
    one, both = milliseconds(here, site="gz"), milliseconds(here, province="Guangdong")
    assert one["gz"] == ACCESS_MS
    assert both["gz"] == both["sz"] == one["sz"] == milliseconds(here, site="sz")["gz"]
    assert milliseconds(here, province=["Guangdong", "Beijing"])["gz"] == one["bj"]
    assert milliseconds(here, province="Guangdong", site="gz") == one


def test_other_carriers_cost_a_crossing() -> None:
    """Whoever names two carriers has users on both."""
    networks = {"t": "telecom", "u": "unicom", "both": "telecom;unicom", "none": ""}
    here = sites(*(at(name, GUANGZHOU, city="Guangzhou", carrier=carrier) for name, carrier in networks.items()))
    near, far = ACCESS_MS, ACCESS_MS + CROSSING_MS
    assert set(milliseconds(here, city="Guangzhou").values()) == {near}
    assert milliseconds(here, city="Guangzhou", carrier="telecom") == {"t": near, "u": far, "both": near, "none": far}
    assert milliseconds(here, carrier=["telecom", "unicom"]) == {"t": far, "u": far, "both": near, "none": far}
    assert milliseconds(here, latitude=GUANGZHOU[0], longitude=GUANGZHOU[1], carrier="unicom")["t"] == far


def test_what_is_not_known_is_not_near() -> None:
    here = sites(
        at("gz", GUANGZHOU, province="Guangdong"),
        at("lost", (np.nan, 113.0), province="Guangdong"),
        at("odd", (np.nan, np.nan), province="Hunan"),
    )
    assert milliseconds(here, province="Guangdong") == {"gz": ACCESS_MS, "lost": np.inf, "odd": np.inf}
    for nowhere in ("Hunan", "Tibet"):
        assert set(milliseconds(here, province=nowhere).values()) == {np.inf}


@given(
    st.lists(st.tuples(point, st.sampled_from("ab"), st.sampled_from(["t", "u", "t;u"])), min_size=1, max_size=6),
    st.sampled_from([{"province": "a"}, {"province": ["a", "b"], "carrier": "t"}, {"latitude": 3.0, "longitude": 9.0}]),
    st.lists(st.floats(1, 500), min_size=2, max_size=2),
)
def test_a_larger_bound_takes_more_sites(
    places: list[tuple[tuple[float, float], str, str]], of: dict[str, Any], bounds: list[float]
) -> None:
    parts = [
        at(f"s{row}", place, province=province, carrier=carrier)
        for row, (place, province, carrier) in enumerate(places)
    ]
    seen = Snapshot.of(world(*parts, *(server(f"{part.name}-1", site=part.name) for part in parts)))
    small, large = (
        set(seen.eligible({}, (), (), within=Within.model_validate({"latency_ms": bound, "of": of})).tolist())
        for bound in sorted(bounds)
    )
    assert small <= large


@given(st.lists(point, min_size=1, max_size=6), point)
def test_fewer_users_are_never_farther(users: list[tuple[float, float]], here: tuple[float, float]) -> None:
    """And the farthest of many is one of them."""
    one = np.array([here])
    each = [float(farthest(one, np.array([user]))[0]) for user in users]
    assert float(farthest(one, np.array(users))[0]) == pytest.approx(max(each), abs=0.001)
