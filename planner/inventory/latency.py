"""Latency: how long a round trip between a site and its users takes, told from their distance and their carriers.

    latency = access + 2 * distance * stretch / speed (+ crossing)

in milliseconds, of a light load on networks that work; an estimate to plan with, where nobody has measured.

- distance: great circle, by the haversine (R. W. Sinnott, "Virtues of the Haversine", Sky and Telescope 68(2), 1984).
- speed: two thirds of that of light, as in glass.
- stretch: paths are longer than the distance, and routers take time; 2.1 is the rule of thumb of measurements on the
  internet (I. N. Bozkurt et al., "Dissecting Latency in the Internet's Fiber Infrastructure", arXiv:1811.10737).
- access: the last mile of a fixed line and the server's answer; a choice. The best mobile users see 6 ms to a nearby
  server, most more than 20 (arXiv:2507.18834): who plans for them asks for a smaller bound.
- crossing: what it costs to change from one carrier to another, mostly the way to where they meet; a choice. Reports of
  exchange points in China tell of 30 ms that became 3 (Guiyang, 2017) and 39 that became 30 (Shandong, 2022).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from planner.inventory.inventory import Sites
from planner.manifests.demand import Users

EARTH_RADIUS_KM = 6371.0088  # mean radius of GRS 80 (H. Moritz, Journal of Geodesy 74(1), 2000)
SPEED_KM_PER_MS = 299.792458 * 2 / 3
STRETCH = 2.1
ACCESS_MS = 5.0
CROSSING_MS = 10.0

Floats = NDArray[np.float64]


def round_trip(sites: Sites, users: Users) -> Floats:
    """[sites]: milliseconds, in whole microseconds, to the farthest of the users; infinite where that is not known.

    The sites in the users' place, in whatever state, stand for the users: a bound then holds for all of them. A site
    changes the carrier unless it is on every one of the users' carriers.
    """
    towards = whereabouts(sites, users)
    if not len(towards):
        return np.full(len(sites), np.inf)
    distance = farthest(positions(sites), towards)
    crossing = np.zeros(len(sites), np.bool_)
    for carrier in users.carriers:
        crossing |= ~sites.having("carrier", [carrier])
    latency = ACCESS_MS + 2 * distance * STRETCH / SPEED_KM_PER_MS + CROSSING_MS * crossing
    return np.where(np.isnan(latency), np.inf, np.round(latency, 3))


def whereabouts(sites: Sites, users: Users) -> Floats:
    """[points, latitude and longitude]: the point of the users, or the sites in their place that have coordinates."""
    if users.latitude is not None and users.longitude is not None:
        return np.array([[users.latitude, users.longitude]])
    points = positions(sites)
    there = ~np.isnan(points).any(axis=1)
    for key, accepted in users.place.items():
        there &= sites.having(key, accepted)
    return points[there]


def farthest(points: Floats, towards: Floats) -> Floats:
    """[points]: great-circle distance in kilometres to the farthest of `towards`; both are [points, degrees of latitude
    and longitude]."""
    # Not `@`: for so few columns the threads behind it cost more than they bring, up to 15 ms on 2 busy cores.
    cosine = np.einsum("kt,kp->tp", _unit(towards), _unit(points)).min(axis=0)
    return _kilometres(cosine)


def apart(points: Floats) -> Floats:
    """[points, points]: great-circle distances in kilometres. points: [points, degrees of latitude and longitude]."""
    unit = _unit(points)
    return _kilometres(np.einsum("kp,kq->pq", unit, unit))


def _kilometres(cosine: Floats) -> Floats:
    """Of the angles with these cosines."""
    haversine = np.clip((1 - cosine) / 2, 0, 1)  # exact enough: off by 0.1 m for the smallest distances
    return np.asarray(2 * EARTH_RADIUS_KM * np.arcsin(np.sqrt(haversine)))


def positions(sites: Sites) -> Floats:
    """[sites, degrees of latitude and longitude]: NaN where they are not known."""
    return np.stack([sites.latitude, sites.longitude], axis=1)


def _unit(points: Floats) -> Floats:
    """[3, points]: on the sphere of radius 1."""
    latitude, longitude = np.radians(points).T
    return np.stack([np.cos(latitude) * np.cos(longitude), np.cos(latitude) * np.sin(longitude), np.sin(latitude)])
