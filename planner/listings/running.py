"""Applications and allocations: what runs, how much of it, and where."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from planner.access.caller import Tenants, tenant_of
from planner.ledger.entries import Line
from planner.ledger.picture import Picture
from planner.ledger.refused import Refused
from planner.listings.row import Page, Row, page
from planner.manifests.application import Application
from planner.manifests.instants import told

Filters = Mapping[str, Sequence[str]]


class ApplicationRow(Row):
    """instances: that run. sites: how many of them are in each."""

    tenant: str
    name: str
    instances: int
    servers: int
    sites: dict[str, int]


class ApplicationDetail(ApplicationRow):
    manifest: Application


class AllocationRow(Row):
    """application: its id. demand: the entry of its demand that the instances serve. end: null for what has none."""

    id: str
    tenant: str
    application: str
    site: str
    server: str
    instances: int
    demand: int
    cells: list[int]
    start: str
    end: str | None


def applications(
    picture: Picture, tenants: Tenants, filters: Filters, after: str | None, limit: int
) -> Page[ApplicationRow]:
    """By tenant and name."""
    names = sorted(name for name in _own(picture, tenants, filters) if _chosen(name, filters))
    rows = [name for name in names if after is None or name > after][: limit + 1]
    return page([(name, ApplicationRow(**_counts(picture, name))) for name in rows], limit)


def application(picture: Picture, tenants: Tenants, tenant: str, name: str) -> ApplicationDetail:
    """Raises Refused when it does not run."""
    identity = name if tenant == "default" else f"{tenant}/{name}"
    manifest = picture.snapshot.applications.get(identity)
    if manifest is None or not picture.allocations.get(identity) or not _visible(identity, tenants):
        raise Refused("application.unknown", f"no application '{identity}' runs")
    return ApplicationDetail(**_counts(picture, identity), manifest=manifest)


def allocations(
    picture: Picture, tenants: Tenants, filters: Filters, after: str | None, limit: int
) -> Page[AllocationRow]:
    """In the order in which they were placed."""
    begin = int(after) if after is not None else 0
    lines = sorted(
        (
            line
            for name in _own(picture, tenants, filters)
            for line in picture.allocations[name].values()
            if line.id > begin and _there(picture, line, filters)
        ),
        key=lambda line: line.id,
    )[: limit + 1]
    return page([(str(line.id), _allocation(picture, line)) for line in lines], limit)


def _own(picture: Picture, tenants: Tenants, filters: Filters) -> Iterator[str]:
    wanted = filters.get("tenant")
    for name in _named(picture.allocations, filters):
        if picture.allocations[name] and _visible(name, tenants) and (wanted is None or tenant_of(name) in wanted):
            yield name


def _named(allocations: Mapping[str, object], filters: Filters) -> Iterable[str]:
    wanted = filters.get("application")
    return list(allocations) if wanted is None else [name for name in wanted if name in allocations]


def _visible(name: str, tenants: Tenants) -> bool:
    return tenants is None or tenant_of(name) in tenants


def _chosen(name: str, filters: Filters) -> bool:
    return name.rpartition("/")[2] in filters.get("name", (name.rpartition("/")[2],))


def _counts(picture: Picture, name: str) -> dict[str, object]:
    sites: Counter[str] = Counter()
    lines = picture.allocations[name].values()
    for line in lines:
        sites[_site(picture, line)] += line.instances
    return {
        "tenant": tenant_of(name),
        "name": name.rpartition("/")[2],
        "instances": sites.total(),
        "servers": len({line.server for line in lines}),
        "sites": dict(sorted(sites.items())),
    }


def _there(picture: Picture, line: Line, filters: Filters) -> bool:
    sites, servers = filters.get("site"), filters.get("server")
    name = picture.snapshot.inventory.servers.name[picture.server_row[line.server]]
    return (servers is None or name in servers) and (sites is None or _site(picture, line) in sites)


def _site(picture: Picture, line: Line) -> str:
    inventory = picture.snapshot.inventory
    return inventory.sites.name[int(inventory.servers.site[picture.server_row[line.server]])]


def _allocation(picture: Picture, line: Line) -> AllocationRow:
    return AllocationRow(
        id=str(line.id),
        tenant=line.tenant,
        application=line.application,
        site=_site(picture, line),
        server=picture.snapshot.inventory.servers.name[picture.server_row[line.server]],
        instances=line.instances,
        demand=line.demand,
        cells=list(line.cells),
        start=told(line.start) or "",
        end=told(line.ends),
    )
