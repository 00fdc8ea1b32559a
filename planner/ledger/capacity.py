"""Capacity: what there is, what is taken and by what, and what is free, added up by region and carrier."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from planner.inventory.snapshot import Snapshot
from planner.ledger.picture import Picture

Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Capacity:
    """Of the servers that are online in the sites of one region and carrier, in base units; CPU counts as a VM takes
    it. total: there is. reserved, held: at this moment. free: from now on, with no end, to whoever has no reservation.
    """

    region: str
    carrier: str
    resource: str
    total: int
    reserved: int
    held: int
    free: int


def capacity(picture: Picture, now: int) -> list[Capacity]:
    """A row for each region, carrier and resource. now: milliseconds."""
    return list(_rows(picture.view(now), _taken(picture, "reservation", now), _taken(picture, "hold", now)))


def world_capacity(snapshot: Snapshot) -> list[Capacity]:
    """The same of a world, where nothing is promised."""
    nothing = np.zeros_like(snapshot.free)
    return list(_rows(snapshot, nothing, nothing))


def _rows(view: Snapshot, reserved: Ints, held: Ints) -> Iterator[Capacity]:
    names, group = _groups(view)
    tables = [_summed(view, group, len(names), table) for table in (view.capacity, reserved, held, view.free)]
    for row, (region, carrier) in enumerate(names):
        for column, resource in enumerate(view.inventory.resources):
            yield Capacity(region, carrier, resource, *(int(table[row, column]) for table in tables))


def _groups(view: Snapshot) -> tuple[list[tuple[str, str]], NDArray[np.int64]]:
    """(region and carrier of each group, group of each server)."""
    sites = view.inventory.sites.attributes
    pairs = list(zip(sites["region"], sites["carrier"], strict=True))
    names = sorted(set(pairs))
    position = {pair: row for row, pair in enumerate(names)}
    of_site = np.array([position[pair] for pair in pairs], np.int64)
    return names, of_site[view.inventory.servers.site]


def _summed(view: Snapshot, group: NDArray[np.int64], groups: int, table: Ints) -> Ints:
    """[groups, resources] from [servers, columns] in the books' units."""
    count = len(view.inventory.resources)
    total = np.zeros((groups, count), np.int64)
    for rate in range(len(view.units.rates)):
        mine = np.flatnonzero(view.usable & (view.rate == rate))
        for column in range(count):
            per = view.units.rates[rate].numerator if view.units.columns[column] == "cpu" else 1
            amounts = table[mine, column] // per
            total[:, column] += np.bincount(group[mine], amounts, groups).astype(np.int64)
    return total


def _taken(picture: Picture, kind: str, now: int) -> Ints:
    """[servers, columns]: what lines of this kind take at this moment."""
    taken = np.zeros_like(picture.snapshot.free)
    mine = np.array([line.kind == kind for line in picture.floating], np.bool_)
    if mine.any():
        spans = picture.spans.only(mine & (picture.spans.start <= now) & (picture.spans.ends > now))
        np.add.at(taken, spans.server, spans.amount)
    return taken
