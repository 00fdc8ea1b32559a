"""Snapshot: the immutable picture of inventory and books that one decision reads, columnar."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from planner.inventory.calendar import Calendar, largest, windows_of
from planner.inventory.devices import GPU, Devices, timed
from planner.inventory.domains import Domains
from planner.inventory.inventory import SITE_ATTRIBUTES, Column, Inventory
from planner.inventory.latency import round_trip
from planner.inventory.load import Load
from planner.inventory.standby import Standby, reserved
from planner.inventory.tariff import Tariff
from planner.inventory.units import Units
from planner.inventory.world import Allocation, World
from planner.manifests.application import Application
from planner.manifests.demand import Within
from planner.manifests.errors import InputProblem, InvalidInput
from planner.manifests.window import Window
from solver.problem import Ids, Ints, Topology
from solver.restarts import Reserved

LEVELS = ("server", "rack", "site", "city", "province", "region", "carrier")


@dataclass(frozen=True, slots=True)
class Snapshot:
    """capacity, used, free: [servers, columns] in the books' units; used: the most that is ever taken; free: what is so
    at all times. rate, usable, busy: [servers]. price: [servers, resources of the tariff].

    cells: [servers], NUMA cells of each. devices: the books of GPUs; `gpu` of `free` counts those that are wholly free.
    offers: capability -> [servers], offered by the server or its site.
    applications: those that run, by id. running: their allocations. row: of each server, by name.
    free is net of the room on standby. domains: their names. reserved: room on standby by server and loss.
    applications: those that run or have standby, by id. running: their allocations. row: of each server, by name.
    load: what they take, always or in their windows. windows: of all applications known here that have one.
    at: earlier times do not count; None: all do.
    """

    inventory: Inventory
    generation: str
    units: Units
    topology: Topology
    capacity: NDArray[np.int64]
    used: NDArray[np.int64]
    free: NDArray[np.int64]
    rate: NDArray[np.int32]
    usable: NDArray[np.bool_]
    busy: NDArray[np.bool_]
    price: NDArray[np.int64]
    tariff: Tariff
    cells: NDArray[np.int32]
    devices: Devices
    offers: Mapping[str, NDArray[np.bool_]]
    applications: Mapping[str, Application]
    running: Mapping[str, tuple[Allocation, ...]]
    row: Mapping[str, int]
    load: Load
    windows: Mapping[str, Window]
    domains: Domains
    standby: tuple[Standby, ...]
    reserved: Reserved
    at: datetime | None = None

    @staticmethod
    def of(world: World, at: datetime | None = None) -> Snapshot:
        """Raises InvalidInput when allocations exceed a server at some time."""
        inventory = world.inventory
        units = Units.of(inventory, world.runtimes)
        capacity, rate = units.capacity(inventory)
        applications = {application.id: application for application in world.applications}
        windows = {name: window for name, window in windows_of(applications).items() if window}
        devices, problems = Devices.of(inventory, applications, world.allocations)
        problems += timed({name: applications[name] for name in windows}, windows)

        def count(rows: Sequence[Allocation], servers: Ids) -> Ints:
            return _used(units, rate[servers], applications, rows, (len(servers), capacity.shape[1]))

        load = Load.of(world.allocations, windows, len(capacity), count)
        if GPU in units.columns:
            load.always[:, units.columns.index(GPU)] += devices.shared
        calendar = Calendar.of(load.windows, at)
        used = load.peak(calendar)
        _within(
            inventory, units, rate, used, capacity, problems, lambda row, column: _when(load, calendar, row, column)
        )
        tree = topology(inventory)
        domains = Domains(inventory, tree)
        aside = reserved(units, rate, applications, domains, world.standby)
        most = aside.most(*capacity.shape)
        if len(aside):
            never = "allocated and on standby"
            _within(inventory, units, rate, used + most, capacity, [], lambda row, column: "", "standby.csv", never)
        running = _by_application(world.allocations)
        sites, servers = inventory.sites, inventory.servers
        tariff = Tariff.of(sites)
        online = np.array([state == "online" for state in sites.state], np.bool_)[servers.site]
        return Snapshot(
            inventory=inventory,
            generation=world.generation,
            units=units,
            topology=tree,
            capacity=capacity,
            used=used,
            free=capacity - used - most,
            rate=rate,
            usable=online & _equals(servers.state, "online"),
            busy=load.busy(calendar),
            price=tariff.price[servers.site],
            tariff=tariff,
            cells=_cells(inventory),
            devices=devices,
            offers=_offers(inventory),
            applications={
                name: applications[name]
                for name in [*running, *dict.fromkeys(row.application for row in world.standby)]
            },
            running=running,
            row={name: row for row, name in enumerate(servers.name)},
            load=load,
            windows=windows,
            at=at,
            domains=domains,
            standby=world.standby,
            reserved=aside,
        )

    @property
    def allocations(self) -> Iterator[Allocation]:
        return chain.from_iterable(self.running.values())

    def matches(self, where: Mapping[str, Sequence[str]], within: Within | None = None) -> NDArray[np.bool_]:
        """[servers]: those online whose site attributes and labels have an accepted value for every key, and that are
        near enough to the users."""
        sites, servers = self.inventory.sites, self.inventory.servers
        mask, there = self.usable.copy(), np.ones(len(sites), np.bool_)
        for key, accepted in where.items():
            if key in servers.labels and key not in ("site", *sites.attributes):
                mask &= servers.labels[key].accepts(accepted)
            else:
                there &= sites.having(key, accepted)
        if within is not None:
            there &= round_trip(sites, within.of) <= within.latency_ms
        return mask if there.all() else mask & there.take(servers.site)

    def eligible(
        self,
        where: Mapping[str, Sequence[str]],
        requires: Sequence[str],
        forbids: Sequence[str],
        cells: int = 1,
        within: Within | None = None,
    ) -> NDArray[np.int32]:
        """Rows of the servers that match, offer all that is required and nothing that is forbidden, and have so many
        NUMA cells."""
        mask = self.matches(where, within)
        if cells > 1:
            mask &= self.cells >= cells
        for capability in requires:
            mask &= self.offers.get(capability, False)
        for capability in forbids:
            if capability in self.offers:
                mask &= ~self.offers[capability]
        return np.flatnonzero(mask).astype(np.int32)

    def with_gpus(self, count: int, models: Sequence[str]) -> NDArray[np.bool_]:
        """[servers]: those that have so many GPUs and offer one of the models (none: any will do)."""
        mask: NDArray[np.bool_] = self.devices.count >= count
        if models:
            offers = [self.offers[name] for model in models if (name := f"gpu.{model.lower()}") in self.offers]
            mask &= np.logical_or.reduce([*offers, np.zeros_like(mask)])
        return mask

    def standing(self, application: str) -> Counter[int]:
        """Instances that run, by the demand entry that they serve."""
        running: Counter[int] = Counter()
        for allocation in self.running.get(application, ()):
            running[allocation.demand] += allocation.instances
        return running


def topology(inventory: Inventory) -> Topology:
    """Domains of every server at every level; a site on several carriers is a carrier domain of its own."""
    servers = inventory.servers
    rack_key = servers.site.astype(np.int64) * max(len(servers.rack.values), 1) + servers.rack.code
    columns = [
        np.arange(len(servers), dtype=np.int32),
        np.unique(rack_key, return_inverse=True)[1],
        servers.site,
    ]
    for level in LEVELS[3:]:
        columns.append(_place(inventory, level)[servers.site])
    domain = np.ascontiguousarray(np.stack([column.astype(np.int32) for column in columns]))
    return Topology(LEVELS, domain, tuple(int(row.max(initial=-1)) + 1 for row in domain))


def _place(inventory: Inventory, level: str) -> NDArray[np.int32]:
    """[sites]: domain at the level; two cities of one name in different provinces are two."""
    sites = inventory.sites
    if level == "carrier":
        return sites.attributes[level].code
    path = SITE_ATTRIBUTES[: SITE_ATTRIBUTES.index(level) + 1]
    keys = np.stack([sites.attributes[name].code for name in path])
    return np.unique(keys, axis=1, return_inverse=True)[1].reshape(-1).astype(np.int32)


def _equals(column: Column, text: str) -> NDArray[np.bool_]:
    return np.array([value == text for value in column.values], np.bool_)[column.code]


def _offers(inventory: Inventory) -> dict[str, NDArray[np.bool_]]:
    sites, servers = inventory.sites, inventory.servers
    own = {capability for row in set(servers.capabilities) for capability in row}
    names = sorted(own.union(*sites.capabilities))
    offers = {}
    for name in names:
        offers[name] = np.array([name in row for row in sites.capabilities], np.bool_)[servers.site]
        if name in own:
            offers[name] |= np.fromiter((name in row for row in servers.capabilities), np.bool_, len(servers))
    return offers


def _used(
    units: Units,
    rate: NDArray[np.int32],
    applications: Mapping[str, Application],
    allocations: Sequence[Allocation],
    shape: tuple[int, ...],
) -> NDArray[np.int64]:
    used = np.zeros(shape, np.int64)
    groups: dict[tuple[str, tuple[int, ...]], list[Allocation]] = {}
    for allocation in allocations:
        groups.setdefault((allocation.application, allocation.cells), []).append(allocation)
    for (name, cells), rows in groups.items():
        demand = units.demand(applications[name], cells or units.modes(applications[name])[0])
        server = np.array([row.server for row in rows])
        count = np.array([row.instances for row in rows])
        np.add.at(used, server, demand[rate[server]] * count[:, None])
    return used


def _cells(inventory: Inventory) -> NDArray[np.int32]:
    """[servers]: NUMA cells; a server without any is one cell."""
    count = np.ones(len(inventory.servers), np.int32)
    if inventory.cells:
        np.maximum.at(count, inventory.cells.server, inventory.cells.cell + 1)
    return count


def _within(
    inventory: Inventory,
    units: Units,
    rate: NDArray[np.int32],
    used: NDArray[np.int64],
    capacity: NDArray[np.int64],
    problems: list[InputProblem],
    when: Callable[[int, int], str],
    file: str = "allocations.csv",
    what: str = "allocated",
) -> None:
    """Raises InvalidInput with every server that has less than its allocations take, behind the problems at hand."""
    for row, column in np.argwhere(used > capacity).tolist():
        kind = int(rate[row])
        taken = units.told(column, units.base(column, kind, int(used[row, column]), up=True))
        has = units.told(column, units.base(column, kind, int(capacity[row, column])))
        name = f"server '{inventory.servers.name[row]}'"
        place = f"{units.inside(column)}{name}{units.footnote(column, kind)}{when(row, column)}"
        problems.append(
            InputProblem(file, None, units.resource(column), f"{taken} {what} on {place}", f"at most its {has}")
        )
    if problems:
        raise InvalidInput(problems)


def _when(load: Load, calendar: Calendar, row: int, column: int) -> str:
    """When most is taken, if that changes: ` between 18:00 and 23:00 Asia/Shanghai`."""
    moments = largest(calendar.open).tolist()
    told = calendar.told(load.fullest(calendar, moments, np.array([row], np.int32), column))
    return f" {told}" if told else ""


def _by_application(allocations: Sequence[Allocation]) -> dict[str, tuple[Allocation, ...]]:
    running: dict[str, list[Allocation]] = {}
    for allocation in allocations:
        running.setdefault(allocation.application, []).append(allocation)
    return {name: tuple(rows) for name, rows in running.items()}
