"""Worlds for tests, naming only what matters: `world(server("s1", cpu=8000), application("web", cpu=2))`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any

import numpy as np

from planner.inventory.inventory import SITE_ATTRIBUTES, Cells, Column, Inventory, Servers, Sites
from planner.inventory.standby import Standby
from planner.inventory.world import Allocation, World
from planner.manifests.application import Application, ApplicationSpec
from planner.manifests.runtimes import Runtimes
from planner.plans.plan import Plan


@dataclass(frozen=True)
class Site:
    name: str
    attributes: Mapping[str, str]
    capabilities: frozenset[str]
    state: str
    cost: int
    costs: Mapping[str, int]
    cpu_overcommit: Fraction
    latitude: float
    longitude: float


@dataclass(frozen=True)
class Server:
    name: str
    site: str | None
    rack: str | None
    state: str
    capabilities: frozenset[str]
    cpu_overcommit: Fraction | None
    cells: Sequence[Mapping[str, int]]
    labels: Mapping[str, str]
    capacity: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Running:
    application: str
    server: str
    instances: int
    cells: tuple[int, ...]
    demand: int
    devices: tuple[int, ...]


def site(
    name: str,
    *,
    capabilities: Sequence[str] = (),
    state: str = "online",
    cost: int = 1000,
    costs: Mapping[str, int] | None = None,
    cpu_overcommit: float | str = 1,
    latitude: float = 0.0,
    longitude: float = 0.0,
    **attributes: str,
) -> Site:
    """Other keywords are attributes (region, city, carrier ...) or labels. cost, costs: in thousandths."""
    offers = frozenset(capabilities)
    return Site(name, attributes, offers, state, cost, costs or {}, Fraction(str(cpu_overcommit)), latitude, longitude)


def server(
    name: str,
    *,
    site: str | None = None,
    rack: str | None = None,
    state: str = "online",
    capabilities: Sequence[str] = (),
    cpu_overcommit: float | str | None = None,
    cells: Sequence[Mapping[str, int]] = (),
    labels: Mapping[str, str] | None = None,
    **capacity: int,
) -> Server:
    """Other keywords are resources in base units (cpu=8000 is 8 cores); without any, 16 cores and 64 GiB.
    Without `site` it stands in the first one."""
    overcommit = None if cpu_overcommit is None else Fraction(str(cpu_overcommit))
    room = capacity or {"cpu": 16_000, "memory": 65_536}
    return Server(name, site, rack, state, frozenset(capabilities), overcommit, cells, labels or {}, room)


def application(
    name: str,
    *,
    instances: int = 1,
    where: Mapping[str, str | list[str]] | None = None,
    namespace: str = "default",
    labels: Mapping[str, str] | None = None,
    **more: Any,
) -> Application:
    """Keywords that are no field of the spec are resources as a manifest has them: cpu="500m", memory="8Gi";
    without any, one core. `instances` and `where` make the one demand entry, unless `demand` or `master` is
    given."""
    spec = {key: value for key, value in more.items() if key in ApplicationSpec.model_fields}
    asked = {key: value for key, value in more.items() if key not in spec}
    spec.setdefault("runtime", "container")
    spec.setdefault("resources", asked or {"cpu": 1})
    if "master" not in spec:
        spec.setdefault("demand", [{"where": where or {}, "instances": instances}])
    metadata = {"name": name, "namespace": namespace, "labels": labels or {}}
    return Application.model_validate({"metadata": metadata, "spec": spec})


def allocation(
    application: str,
    server: str,
    instances: int = 1,
    *,
    cells: tuple[int, ...] = (),
    demand: int = 0,
    devices: tuple[int, ...] = (),
) -> Running:
    return Running(application, server, instances, cells, demand, devices)


def world(
    *parts: Site | Server | Application | Running, runtimes: Runtimes | None = None, generation: str = "test"
) -> World:
    """Sites that only a server names are made up; without any, all servers stand in site 'here'."""
    inventory = _inventory(
        [part for part in parts if isinstance(part, Site)],
        [part for part in parts if isinstance(part, Server)],
    )
    row = {name: row for row, name in enumerate(inventory.servers.name)}
    running = tuple(
        Allocation(part.application, row[part.server], part.instances, part.cells, part.demand, part.devices)
        for part in parts
        if isinstance(part, Running)
    )
    applications = tuple(part for part in parts if isinstance(part, Application))
    return World(inventory, applications, running, runtimes or Runtimes(), generation)


def committed(before: World, plan: Plan, *asked: Application) -> World:
    """The world in which the plan's instances run, with the applications that it was made for beside its own."""
    row = {name: row for row, name in enumerate(before.inventory.servers.name)}
    standby: Counter[Standby] = Counter()
    for held in before.standby:
        standby[held._replace(instances=0)] += held.instances
    for kept in plan.standby:
        place = (kept.application, row[kept.server], 0, kept.lost.level, kept.lost.domain)
        standby[Standby(*place, tuple(kept.cells or ()), kept.demand or 0)] += kept.instances
    every = {each.id: each for each in (*before.applications, *asked)}
    running: dict[tuple[str, int, tuple[int, ...], int, tuple[int, ...]], Allocation] = {}
    added = [
        Allocation(
            new.application,
            row[new.server],
            new.instances,
            tuple(new.cells or ()),
            new.demand or 0,
            tuple(new.devices or ()),
        )
        for new in plan.placements
    ]
    for each in (*before.allocations, *added):
        shared = each.devices if every[each.application].spec.gpu_share else ()
        key = each.application, each.server, each.cells, each.demand, shared
        old = running.get(key, each._replace(instances=0, devices=shared))
        devices = old.devices if shared else (*old.devices, *each.devices)
        running[key] = each._replace(instances=old.instances + each.instances, devices=devices)
    for move in plan.moves:  # none of what has GPUs
        key = move.application, row[move.source], tuple(move.from_cells or ()), move.demand or 0, ()
        running[key] = running[key]._replace(instances=running[key].instances - move.instances)
    return replace(
        before,
        applications=tuple(every.values()),
        allocations=tuple(each for each in running.values() if each.instances),
        standby=tuple(held._replace(instances=count) for held, count in standby.items()),
        generation=f"{before.generation}, then {plan.plan}",
    )


def _inventory(sites: list[Site], servers: list[Server]) -> Inventory:
    names = [entry.name for entry in sites]
    for entry in servers:
        if entry.site is not None and entry.site not in names:
            names.append(entry.site)
            sites.append(site(entry.site))
    if not sites:
        names.append("here")
        sites.append(site("here"))
    at = [0 if entry.site is None else names.index(entry.site) for entry in servers]
    order = sorted(range(len(servers)), key=at.__getitem__)
    servers, at = [servers[row] for row in order], [at[row] for row in order]
    resources = tuple(dict.fromkeys(name for entry in servers for name in entry.capacity))
    return Inventory(_sites(sites), _servers(servers, at, sites, resources), resources, _cells(servers))


def _sites(sites: list[Site]) -> Sites:
    keys = dict.fromkeys((*SITE_ATTRIBUTES, *(key for entry in sites for key in entry.attributes)))
    return Sites(
        name=tuple(entry.name for entry in sites),
        attributes={key: Column.of([entry.attributes.get(key, "") for entry in sites]) for key in keys},
        latitude=np.array([entry.latitude for entry in sites], np.float64),
        longitude=np.array([entry.longitude for entry in sites], np.float64),
        capabilities=tuple(entry.capabilities for entry in sites),
        state=tuple(entry.state for entry in sites),
        cost=np.array([entry.cost for entry in sites], np.int64),
        cpu_overcommit=tuple(entry.cpu_overcommit for entry in sites),
        costs={
            name: np.array([entry.costs.get(name, 0) for entry in sites], np.int64)
            for name in dict.fromkeys(name for entry in sites for name in entry.costs)
        },
    )


def _servers(servers: list[Server], at: list[int], sites: list[Site], resources: tuple[str, ...]) -> Servers:
    labels = dict.fromkeys(key for entry in servers for key in entry.labels)
    room = [[entry.capacity.get(name, 0) for name in resources] for entry in servers]
    return Servers(
        name=tuple(entry.name for entry in servers),
        site=np.array(at, np.int32),
        rack=Column.of([entry.rack or sites[row].name for entry, row in zip(servers, at, strict=True)]),
        state=Column.of([entry.state for entry in servers]),
        capabilities=tuple(entry.capabilities for entry in servers),
        cpu_overcommit=tuple(
            entry.cpu_overcommit or sites[row].cpu_overcommit for entry, row in zip(servers, at, strict=True)
        ),
        capacity=np.array(room, np.int64).reshape(len(servers), len(resources)),
        labels={key: Column.of([entry.labels.get(key, "") for entry in servers]) for key in labels},
    )


def _cells(servers: list[Server]) -> Cells | None:
    rows = [(row, number, cell) for row, entry in enumerate(servers) for number, cell in enumerate(entry.cells)]
    if not rows:
        return None
    resources = tuple(dict.fromkeys(name for _, _, cell in rows for name in cell))
    return Cells(
        server=np.array([row for row, _, _ in rows], np.int32),
        cell=np.array([number for _, number, _ in rows], np.int32),
        resources=resources,
        capacity=np.array([[cell.get(name, 0) for name in resources] for _, _, cell in rows], np.int64),
    )
