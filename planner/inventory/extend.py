"""Extend: a snapshot with empty servers more, behind all others, in sites that are there or in new ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from planner.inventory.devices import GPU, Devices
from planner.inventory.domains import Domains
from planner.inventory.inventory import Column, Inventory, Servers, Sites
from planner.inventory.load import Load
from planner.inventory.snapshot import Snapshot, topology
from planner.inventory.standby import reserved
from planner.inventory.tariff import Tariff
from planner.manifests.quantities import DEVICE


@dataclass(frozen=True, slots=True)
class NewSite:
    """attributes: region, province, city, carrier, labels. cost: price of a vCPU, in thousandths."""

    name: str
    attributes: Mapping[str, str]
    capabilities: frozenset[str] = frozenset()
    latitude: float = float("nan")
    longitude: float = float("nan")
    cost: int = 0


@dataclass(frozen=True, slots=True)
class NewServers:
    """So many alike, in one rack of their own. capacity: base units, by resource. names: `site-name-1` ..."""

    site: str
    name: str
    count: int
    capacity: Mapping[str, int]
    capabilities: frozenset[str] = field(default_factory=frozenset)


def extended(snapshot: Snapshot, servers: Sequence[NewServers], sites: Sequence[NewSite] = ()) -> Snapshot:
    """Columns that exist are shared or copied, never looked into. Servers take the CPU overcommit of their site; new
    sites have the least that is known. Raises KeyError for a site that is not there."""
    before, inventory = snapshot.inventory, _inventory(snapshot, servers, sites)
    tree = topology(inventory)
    domains, tariff = Domains(inventory, tree), Tariff.of(inventory.sites)
    more = sum(each.count for each in servers)
    capacity, rate = snapshot.units.capacity(replace(inventory, cells=None) if before.cells is None else inventory)
    new = slice(len(before.servers), None)
    none = np.zeros((more, capacity.shape[1]), np.int64)
    return replace(
        snapshot,
        inventory=inventory,
        topology=tree,
        capacity=capacity,
        used=np.concatenate([snapshot.used, none]),
        free=np.concatenate([snapshot.free, capacity[new]]),
        rate=rate,
        usable=np.concatenate([snapshot.usable, _online(inventory)[inventory.servers.site[new]]]),
        busy=np.concatenate([snapshot.busy, np.zeros(more, np.bool_)]),
        price=tariff.price[inventory.servers.site],
        tariff=tariff,
        cells=np.concatenate([snapshot.cells, np.ones(more, np.int32)]),
        devices=_devices(snapshot, servers),
        offers=_offers(snapshot, inventory),
        row={name: row for row, name in enumerate(inventory.servers.name)},
        load=Load(np.concatenate([snapshot.load.always, none]), snapshot.load.windows),
        domains=domains,
        reserved=reserved(snapshot.units, rate, snapshot.applications, domains, snapshot.standby),
    )


def _inventory(snapshot: Snapshot, servers: Sequence[NewServers], more: Sequence[NewSite]) -> Inventory:
    before = snapshot.inventory
    sites = _sites(before.sites, more, min(snapshot.units.rates))
    row = {name: position for position, name in enumerate(sites.name)}
    every = [(each, number) for each in servers for number in range(1, each.count + 1)]
    old, at = before.servers, [row[each.site] for each, _ in every]
    capacity = [[each.capacity.get(name, 0) for name in before.resources] for each, _ in every]
    grown = Servers(
        name=old.name + tuple(f"{each.site}-{each.name}-{number}" for each, number in every),
        site=np.concatenate([old.site, np.array(at, np.int32)]),
        rack=_longer(old.rack, [each.name for each, _ in every]),
        state=_longer(old.state, ["online"] * len(every)),
        capabilities=old.capabilities + tuple(each.capabilities for each, _ in every),
        cpu_overcommit=old.cpu_overcommit + tuple(sites.cpu_overcommit[here] for here in at),
        capacity=np.concatenate(
            [old.capacity, np.array(capacity, np.int64).reshape(len(every), len(before.resources))]
        ),
        labels={name: _longer(column, [""] * len(every)) for name, column in old.labels.items()},
    )
    return Inventory(sites, grown, before.resources, before.cells)


def _sites(old: Sites, more: Sequence[NewSite], overcommit: Fraction) -> Sites:
    if not more:
        return old
    return Sites(
        name=old.name + tuple(each.name for each in more),
        attributes={
            name: _longer(column, [each.attributes.get(name, "") for each in more])
            for name, column in old.attributes.items()
        },
        latitude=np.append(old.latitude, [each.latitude for each in more]),
        longitude=np.append(old.longitude, [each.longitude for each in more]),
        capabilities=old.capabilities + tuple(each.capabilities for each in more),
        state=old.state + ("online",) * len(more),
        cost=np.append(old.cost, np.array([each.cost for each in more], np.int64)),
        cpu_overcommit=old.cpu_overcommit + (overcommit,) * len(more),
        costs={name: np.append(cost, np.zeros(len(more), np.int64)) for name, cost in old.costs.items()},
    )


def _online(inventory: Inventory) -> NDArray[np.bool_]:
    return np.array([state == "online" for state in inventory.sites.state], np.bool_)


def _longer(column: Column, texts: Sequence[str]) -> Column:
    """Codes of what is known stay as they are."""
    position = {value: code for code, value in enumerate(column.values)}
    codes = [position.setdefault(text, len(position)) for text in texts]
    return Column(tuple(position), np.concatenate([column.code, np.array(codes, np.int32)]))


def _devices(snapshot: Snapshot, servers: Sequence[NewServers]) -> Devices:
    old = snapshot.devices
    count = np.array([each.capacity.get(GPU, 0) for each in servers for _ in range(each.count)], np.int32)
    most = max(old.most, int(count.max(initial=0)))
    free = np.zeros((len(old.free) + len(count), most), np.int32)
    free[: len(old.free), : old.most] = old.free
    free[len(old.free) :] = np.where(np.arange(most) < count[:, None], DEVICE, 0)
    return Devices(np.append(old.count, count), free, np.append(old.shared, np.zeros(len(count), np.int32)))


def _offers(snapshot: Snapshot, inventory: Inventory) -> dict[str, NDArray[np.bool_]]:
    """Of the new servers each has its own capabilities and those of its site."""
    begin = len(snapshot.free)
    site = inventory.servers.site[begin:].tolist()
    own = zip(inventory.servers.capabilities[begin:], site, strict=True)
    every = [mine | inventory.sites.capabilities[here] for mine, here in own]
    names = sorted({*snapshot.offers, *(name for each in every for name in each)})
    nobody = np.zeros(begin, np.bool_)
    return {
        name: np.concatenate([snapshot.offers.get(name, nobody), np.array([name in each for each in every], np.bool_)])
        for name in names
    }
