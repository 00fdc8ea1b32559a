"""A world in a few numbers: what it has, what of it is free, what runs, and what is still asked for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from planner.inventory.inventory import Column
from planner.inventory.snapshot import Snapshot
from planner.inventory.units import CPU
from planner.manifests.application import Application

PLACES = ("region", "province", "carrier")


@dataclass(frozen=True, slots=True)
class Room:
    """Of one place: capacity of all its servers and what is free on those that are online, in base units."""

    name: str
    sites: int
    servers: int
    capacity: Mapping[str, int]
    free: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Overview:
    """places: per kind of place, the largest first. running: instances. outstanding, asked: applications and instances
    that are not placed yet (children not counted: their number follows from where their masters go)."""

    generation: str
    total: Room
    online: int
    places: Mapping[str, tuple[Room, ...]]
    running_applications: int
    running: int
    outstanding: int
    asked: int

    @staticmethod
    def of(snapshot: Snapshot, applications: Iterable[Application]) -> Overview:
        sites = snapshot.inventory.sites
        lacking = [lack for each in applications if (lack := _lacking(snapshot, each)) > 0]
        everything = Column.of(["all"] * len(sites))
        return Overview(
            generation=snapshot.generation,
            total=next(iter(_rooms(snapshot, everything)), Room("all", 0, 0, {}, {})),
            online=int(snapshot.usable.sum()),
            places={kind: _rooms(snapshot, sites.attributes[kind]) for kind in PLACES},
            running_applications=len(snapshot.running),
            running=sum(row.instances for row in snapshot.allocations),
            outstanding=len(lacking),
            asked=sum(lacking),
        )


def _rooms(snapshot: Snapshot, place: Column) -> tuple[Room, ...]:
    return tuple(sorted(rooms(snapshot, place), key=lambda room: (-room.capacity.get(CPU, room.servers), room.name)))


def rooms(snapshot: Snapshot, place: Column) -> list[Room]:
    """One for each value of the column. place: [sites]."""
    servers = snapshot.inventory.servers
    kinds = len(place.values)
    at = place.code[servers.site]
    sites = np.bincount(place.code, minlength=kinds).tolist()
    count = np.bincount(at, minlength=kinds).tolist()
    capacity = _sums(servers.capacity, at, kinds)
    free = _sums(_free(snapshot), at, kinds)
    return [
        Room(name, sites[row], count[row], _amounts(snapshot, capacity[row]), _amounts(snapshot, free[row]))
        for row, name in enumerate(place.values)
    ]


def _free(snapshot: Snapshot) -> NDArray[np.int64]:
    """[servers, resources] in base units, as a VM would find it; nothing on servers that are not online."""
    resources = snapshot.inventory.resources
    free = np.where(snapshot.usable[:, None], snapshot.free[:, : len(resources)], 0)
    if CPU in resources:
        parts = np.array([factor.numerator for factor in snapshot.units.rates], np.int64)
        free[:, resources.index(CPU)] //= parts[snapshot.rate]
    return free


def _sums(amounts: NDArray[np.int64], at: NDArray[np.int32], kinds: int) -> NDArray[np.int64]:
    total = np.zeros((kinds, amounts.shape[1]), np.int64)
    np.add.at(total, at, amounts)
    return total


def _amounts(snapshot: Snapshot, row: NDArray[np.int64]) -> dict[str, int]:
    return dict(zip(snapshot.inventory.resources, row.tolist(), strict=True))


def _lacking(snapshot: Snapshot, application: Application) -> int:
    """Instances that are asked for and do not run; one site's where the number depends on the sites."""
    running = snapshot.standing(application.id)
    return sum(
        max((entry.instances or entry.instances_per_site or 0) - running[position], 0)
        for position, entry in enumerate(application.spec.demand)
    )
