"""The map: a circle for each site, as large as it has servers and as dark as it is used."""

from __future__ import annotations

from dataclasses import dataclass
from math import cos, radians, sqrt

import numpy as np
from numpy.typing import NDArray

from api.report.scale import bin_of
from planner.manifests.quantities import written
from planner.whatif.result import BaseResult, Place, ScenarioResult

WIDTH, HEIGHT, MARGIN = 720, 460, 16
SMALL, LARGE = 2.5, 14.0
"""Radius of the smallest and of the largest site."""
COVERED = 0.14
"""Part of the picture that circles may cover: many sites have smaller ones."""
TOUCH, PUSHES = 0.9, 30
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Spot:
    """used: per resource, the bin and the percentage that is taken."""

    site: str
    x: float
    y: float
    r: float
    used: dict[str, tuple[int, float]]
    tip: str


@dataclass(frozen=True, slots=True)
class Map:
    """elsewhere: sites without coordinates. resources: that can be coloured by, the first one first shown."""

    width: int
    height: int
    spots: list[Spot]
    elsewhere: int
    resources: list[str]


def drawn(base: BaseResult) -> Map:
    places = [each for each in base.places if each.latitude is not None and each.longitude is not None]
    resources = sorted({name for each in base.places for name, amount in each.capacity.items() if amount}, key=_first)
    return Map(WIDTH, HEIGHT, list(_spots(places, resources)), len(base.places) - len(places), resources)


def _first(resource: str) -> tuple[int, str]:
    known = ("cpu", "memory", "disk", "bandwidth", "gpu")
    return (known.index(resource) if resource in known else len(known), resource)


def _spots(places: list[Place], resources: list[str]) -> list[Spot]:
    """The largest first, so that small ones lie above them."""
    if not places:
        return []
    places = sorted(places, key=lambda each: -each.servers)
    most = places[0].servers or 1
    radius = np.array([SMALL + (LARGE - SMALL) * sqrt(each.servers / most) for each in places])
    radius *= min(1.0, sqrt(COVERED * WIDTH * HEIGHT / float(np.pi * radius @ radius)))
    where = _beside(_projected(places), radius)
    return [
        Spot(
            site=place.site,
            x=round(float(x), 1),
            y=round(float(y), 1),
            r=round(float(r), 1),
            used={name: _used(place, name) for name in resources},
            tip=_tip(place, resources),
        )
        for place, (x, y), r in zip(places, where, radius, strict=True)
    ]


def _projected(places: list[Place]) -> Floats:
    """[places, x and y]: in equal kilometres either way, in the middle of the picture."""
    latitude = np.array([each.latitude for each in places], np.float64)
    longitude = np.array([each.longitude for each in places], np.float64)
    squeeze = cos(radians((latitude.min() + latitude.max()) / 2))
    at = np.stack([longitude * squeeze, -latitude], axis=1)
    low, span = at.min(axis=0), np.maximum(np.ptp(at, axis=0), 1e-6)
    frame = np.array([WIDTH, HEIGHT])
    pixels = ((frame - 2 * MARGIN) / span).min()
    return np.asarray((at - low) * pixels + (frame - span * pixels) / 2)


def _beside(at: Floats, radius: Floats) -> Floats:
    """Those that would cover each other are pushed apart a little, for a city is smaller than its circles."""
    at = at + 1e-3 * np.arange(len(at))[:, None] * np.array([[1.0, -1.0]])
    reach = (radius[:, None] + radius[None, :]) * TOUCH
    for _ in range(PUSHES):
        apart = at[:, None] - at[None, :]
        distance = np.maximum(np.hypot(apart[..., 0], apart[..., 1]), 1e-6)
        push = np.clip(reach - distance, 0, None) / 4
        np.fill_diagonal(push, 0)
        at = at + (apart / distance[..., None] * np.minimum(push, 2)[..., None]).sum(axis=1).clip(-4, 4)
    edge = radius[:, None] + 1
    return np.clip(at, edge, np.array([[WIDTH, HEIGHT]]) - edge)


def _used(place: Place, resource: str) -> tuple[int, float]:
    capacity = place.capacity.get(resource, 0)
    part = place.used.get(resource, 0) / capacity if capacity else 0.0
    return bin_of(part), round(100 * part, 1)


def _tip(place: Place, resources: list[str]) -> str:
    lines = [f"{place.site}", f"{place.city}, {place.province}; {place.carrier}; {place.servers:,} servers online"]
    for name in resources:
        if capacity := place.capacity.get(name, 0):
            used = place.used.get(name, 0)
            lines.append(
                f"{name}: {written(name, used)} of {written(name, capacity)} used, {100 * used / capacity:.0f} %"
            )
    return "\n".join(lines)


def lost(scenario: ScenarioResult) -> list[str]:
    """Sites that a scenario takes away, where it names them."""
    found: list[str] = []
    for change in scenario.changes:
        if change.lose is not None and change.lose.level == "site":
            found += change.lose.domains
        if change.retire is not None:
            found += change.retire.sites
    return found
