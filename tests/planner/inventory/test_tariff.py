"""A tariff has the prices of a site, and the amounts that they are for."""

from __future__ import annotations

from planner.inventory.tariff import Tariff
from tests.worlds import server, site, world


def of(*sites: dict[str, int]) -> Tariff:
    places = [site(f"s{row}", cost=1500, costs=costs) for row, costs in enumerate(sites)]
    return Tariff.of(world(*places, server("one")).inventory.sites)


def test_cpu_has_a_price_and_others_where_a_site_says_so() -> None:
    tariff = of({"memory": 100, "disk": 0}, {"memory": 0, "gpu": 30_000})
    assert tariff.resources == ("cpu", "memory", "gpu")
    assert tariff.price.tolist() == [[1500, 100, 0], [1500, 0, 30_000]]
    assert of({}).resources == ("cpu",)


def test_amounts_are_thousandths_of_what_a_price_is_for() -> None:
    tariff = of({"memory": 1, "gpu": 1, "disk": 1, "licences": 1})
    asked = [{"cpu": 1500, "memory": 2048, "gpu": 1, "disk": 100}, {"memory": 1, "licences": 2}]
    assert tariff.sizes(asked).tolist() == [[1500, 2000, 1000, 100_000, 0], [1000, 1, 0, 0, 2000]]
    assert tariff.sizes([]).shape == (0, 5)
