"""Sites of a generated world: cities by population x carriers, with log-normal sizes."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from planner.inventory.inventory import Column, Sites
from planner.worlds.edge.cities import City, cities

SMALLEST, LARGEST = 3, 600
_CARRIERS = {
    "telecom": 0.40, "mobile": 0.27, "unicom": 0.23,
    "telecom;unicom": 0.05, "telecom;mobile": 0.02, "telecom;unicom;mobile": 0.03,
}  # fmt: skip
_CLOUD_DISK, _LAYER_7 = 0.70, 0.60
_OFFLINE = 0.003
_OWN_CLUSTER = 20  # servers; smaller sites are run from clusters hosted for their region
_HOSTED_CLUSTER = 2_500  # servers, about
# Thousandths per vCPU, by population: land and power are dear in the large cities.
_TIERS = ((8_000_000, 1_300, 1_600), (2_500_000, 1_050, 1_350), (800_000, 800, 1_100), (0, 600, 850))


@dataclass(frozen=True, slots=True)
class _Spot:
    city: City
    carrier: str
    weight: float


def lay_out(count: int, servers: int, rng: np.random.Generator) -> tuple[Sites, NDArray[np.int64]]:
    """`count` sites and the number of servers of each, `servers` in total."""
    spots = _draw(count, rng)
    sizes = _sizes(np.array([spot.city.population for spot in spots]), servers, rng)
    return _sites(spots, sizes, rng), sizes


def _draw(count: int, rng: np.random.Generator) -> list[_Spot]:
    """Systematic sampling: a province and carrier gets its expected number of sites, give or take one."""
    spots = [
        _Spot(city, carrier, city.population**0.7 * share) for carrier, share in _CARRIERS.items() for city in cities()
    ]
    reach = np.cumsum([spot.weight for spot in spots])
    marks = (np.arange(count) + rng.random()) * reach[-1] / count
    chosen = [spots[row] for row in np.searchsorted(reach, marks, side="right")]
    rank = {city: position for position, city in enumerate(cities())}
    return sorted(chosen, key=lambda spot: rank[spot.city])


def _sizes(population: NDArray[np.int64], servers: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Log-normal, somewhat larger in larger cities, within bounds, exact in total."""
    drawn = rng.lognormal(0.0, 1.0, len(population)) * population**0.15
    low, high = 0.0, LARGEST * len(drawn) / drawn.min()
    for _ in range(100):
        middle = (low + high) / 2
        small = np.clip(np.floor(drawn * middle), SMALLEST, LARGEST).sum() <= servers
        low, high = (middle, high) if small else (low, middle)
    sizes = np.clip(np.floor(drawn * low), SMALLEST, LARGEST).astype(np.int64)
    while missing := servers - int(sizes.sum()):
        growing = np.flatnonzero(sizes < LARGEST)
        sizes[rng.permutation(growing)[:missing]] += 1
    return sizes


def _sites(spots: list[_Spot], sizes: NDArray[np.int64], rng: np.random.Generator) -> Sites:
    count = len(spots)
    names = _names(spots)
    jitter = rng.uniform(-0.05, 0.05, (2, count))
    offline = rng.permutation(count) < int(count * _OFFLINE)
    offered = rng.random((2, count)) < [[_LAYER_7], [_CLOUD_DISK]]
    return Sites(
        name=names,
        attributes={
            "region": Column.of([spot.city.region for spot in spots]),
            "province": Column.of([spot.city.province for spot in spots]),
            "city": Column.of([spot.city.name for spot in spots]),
            "carrier": Column.of([spot.carrier for spot in spots]),
            "cluster": Column.of(_clusters(names, spots, sizes)),
        },
        latitude=np.round(np.array([spot.city.latitude for spot in spots]) + jitter[0], 4),
        longitude=np.round(np.array([spot.city.longitude for spot in spots]) + jitter[1], 4),
        capabilities=tuple(
            frozenset(name for name, has in zip(("lb.l7", "disk.cloud"), row, strict=True) if has) for row in offered.T
        ),
        state=tuple("offline" if gone else "online" for gone in offline),
        cost=np.array([_cost(spot.city, rng) for spot in spots], np.int64),
        cpu_overcommit=(Fraction(1),) * count,
    )


def _names(spots: list[_Spot]) -> tuple[str, ...]:
    """`guangzhou-telecom-2`, `foshan-telecom-unicom-1`."""
    seen: Counter[str] = Counter()
    names = []
    for spot in spots:
        place = f"{spot.city.name.lower()}-{spot.carrier.replace(';', '-')}"
        seen[place] += 1
        names.append(f"{place}-{seen[place]}")
    return tuple(names)


def _clusters(names: tuple[str, ...], spots: list[_Spot], sizes: NDArray[np.int64]) -> list[str]:
    """A cluster of its own for a site that is worth it; the small ones of a region share hosted clusters."""
    hosted: Counter[str] = Counter()
    clusters = []
    for name, spot, size in zip(names, spots, sizes.tolist(), strict=True):
        if size >= _OWN_CLUSTER:
            clusters.append(name)
            continue
        place = spot.city.region.lower().replace(" ", "-")
        clusters.append(f"hosted-{place}-{hosted[place] // _HOSTED_CLUSTER + 1}")
        hosted[place] += size
    return clusters


def _cost(city: City, rng: np.random.Generator) -> int:
    low, high = next((low, high) for least, low, high in _TIERS if city.population >= least)
    return int(rng.integers(low, high, endpoint=True))
