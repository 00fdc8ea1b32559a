"""The cities are real, large, and told apart by their names."""

from __future__ import annotations

from collections import Counter

from planner.worlds.edge.cities import PER_PROVINCE, cities


def test_every_province_has_cities_and_none_too_many() -> None:
    count = Counter(city.province for city in cities())
    assert len(count) == 31
    assert max(count.values()) == PER_PROVINCE


def test_names_are_plain_and_unique() -> None:
    names = [city.name for city in cities()]
    assert len(set(names)) == len(names)
    assert all(name.isascii() and name.isalpha() and name[0].isupper() for name in names)


def test_known_cities_are_where_they_are() -> None:
    known = {city.name: (city.province, city.region) for city in cities()}
    assert known["Guangzhou"] == known["Shenzhen"] == ("Guangdong", "South China")
    assert known["Xian"] == ("Shaanxi", "Northwest China")
    assert known["Urumqi"] == ("Xinjiang", "Northwest China")
    assert known["Beijing"] == ("Beijing", "North China")
    assert known["Harbin"] == ("Heilongjiang", "Northeast China")
    assert known["Suzhou"] == ("Jiangsu", "East China")
    assert known["Chengdu"] == ("Sichuan", "Southwest China")
    assert known["Wuhan"] == ("Hubei", "Central China")


def test_places_are_in_china() -> None:
    assert all(18 < city.latitude < 54 and 73 < city.longitude < 136 for city in cities())
