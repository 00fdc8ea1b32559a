"""Sites and servers: what they are, and what of them is free."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from planner.inventory.inventory import SITE_ATTRIBUTES
from planner.inventory.snapshot import Snapshot
from planner.ledger.refused import Refused
from planner.listings.row import Page, Row, page
from planner.manifests.quantities import written
from planner.manifests.site import State
from planner.worlds import texts

Generations = Mapping[str, int]
"""By name, of those that are looked at; empty where nothing is booked."""
Written = dict[str, str | int]


class SiteRow(Row):
    """carrier: one, or several. free: in total on its servers that are online. generation: in which it last changed."""

    site: str
    state: State
    region: str
    province: str
    city: str
    carrier: list[str]
    cluster: str
    latitude: float | None
    longitude: float | None
    capabilities: list[str]
    labels: dict[str, str]
    servers: int
    free: Written
    generation: int | None = Field(description="Of its last change; its ETag.")


class ServerRow(Row):
    """capabilities: its own, beside those of its site."""

    server: str
    site: str
    rack: str
    state: State
    capabilities: list[str]
    labels: dict[str, str]
    cpu_overcommit: str
    capacity: Written
    free: Written
    generation: int | None = Field(description="Of its last change; its ETag.")


Filters = Mapping[str, Sequence[str]]
"""Names of attributes, `state`, `capability` and `label.x`: values of which one has to be met."""


def site_names(snapshot: Snapshot, filters: Filters, after: str | None, limit: int) -> list[str]:
    """One more than `limit`, if there are."""
    sites = snapshot.inventory.sites
    chosen = np.ones(len(sites), np.bool_)
    for key, values in filters.items():
        if key == "state":
            chosen &= np.array([state in values for state in sites.state], np.bool_)
        elif key == "capability":
            chosen &= np.array([not offers.isdisjoint(values) for offers in sites.capabilities], np.bool_)
        else:
            chosen &= sites.having(key.removeprefix("label."), values)
    begin = 0 if after is None else _position(sites.name, after, "site") + 1
    return [sites.name[row] for row in np.flatnonzero(chosen[begin:])[: limit + 1] + begin]


def server_names(snapshot: Snapshot, filters: Filters, after: str | None, limit: int) -> list[str]:
    """One more than `limit`, if there are, in the order of their sites."""
    servers, sites = snapshot.inventory.servers, snapshot.inventory.sites
    chosen = np.ones(len(servers), np.bool_)
    for key, values in filters.items():
        label = key.removeprefix("label.")
        if key == "state":
            chosen &= servers.state.accepts(values)
        elif key == "rack":
            chosen &= servers.rack.accepts(values)
        elif key == "capability":
            offers = [snapshot.offers[value] for value in values if value in snapshot.offers]
            chosen &= np.logical_or.reduce([*offers, np.zeros_like(chosen)])
        elif key != label and label in servers.labels:
            chosen &= servers.labels[label].accepts(values)
        else:
            chosen &= sites.having(label, values)[servers.site]
    begin = 0 if after is None else _position(snapshot.row, after, "server") + 1
    return [servers.name[row] for row in np.flatnonzero(chosen[begin:])[: limit + 1] + begin]


def sites(snapshot: Snapshot, names: Sequence[str], generations: Generations, limit: int) -> Page[SiteRow]:
    """Rows of these sites."""
    free, count = _by_site(snapshot)
    found = [(name, _site(snapshot, name, free, count, generations.get(name))) for name in names]
    return page(found, limit)


def servers(snapshot: Snapshot, names: Sequence[str], generations: Generations, limit: int) -> Page[ServerRow]:
    return page([(name, server(snapshot, name, generations.get(name))) for name in names], limit)


def site(snapshot: Snapshot, name: str, generation: int | None) -> SiteRow:
    """Raises Refused when there is none."""
    return _site(snapshot, name, *_by_site(snapshot), generation)


def _site(
    snapshot: Snapshot, name: str, free: NDArray[np.int64], count: NDArray[np.int64], generation: int | None
) -> SiteRow:
    each = snapshot.inventory.sites
    row = _position(each.name, name, "site")
    place = {key: each.attributes[key][row] for key in SITE_ATTRIBUTES}
    latitude, longitude = float(each.latitude[row]), float(each.longitude[row])
    amounts = zip(snapshot.inventory.resources, free[row].tolist(), strict=True)
    return SiteRow(
        **{key: value for key, value in place.items() if key != "carrier"},
        site=name,
        state=each.state[row],
        carrier=[part for part in place["carrier"].split(";") if part],
        latitude=None if np.isnan(latitude) else latitude,
        longitude=None if np.isnan(longitude) else longitude,
        capabilities=sorted(each.capabilities[row]),
        labels={key: column[row] for key, column in each.attributes.items() if key not in place and column[row]},
        servers=int(count[row]),
        free={resource: written(resource, amount) for resource, amount in amounts},
        generation=generation,
    )


def server(snapshot: Snapshot, name: str, generation: int | None) -> ServerRow:
    """Raises Refused when there is none."""
    each = snapshot.inventory.servers
    row = _position(snapshot.row, name, "server")
    amounts = zip(snapshot.inventory.resources, each.capacity[row].tolist(), strict=True)
    return ServerRow(
        server=name,
        site=snapshot.inventory.sites.name[int(each.site[row])],
        rack=each.rack[row],
        state=each.state[row],
        capabilities=sorted(each.capabilities[row]),
        labels={key: column[row] for key, column in each.labels.items() if column[row]},
        cpu_overcommit=texts.decimal(each.cpu_overcommit[row] * 1000),
        capacity={resource: written(resource, amount) for resource, amount in amounts},
        free=dict(_free(snapshot, row)),
        generation=generation,
    )


def _free(snapshot: Snapshot, row: int) -> Iterator[tuple[str, str | int]]:
    rate = int(snapshot.rate[row])
    for column, resource in enumerate(snapshot.inventory.resources):
        yield resource, written(resource, max(0, snapshot.units.base(column, rate, int(snapshot.free[row, column]))))


def _by_site(snapshot: Snapshot) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """([sites, resources] free on servers that are online, in base units; [sites] servers)."""
    at, kinds = snapshot.inventory.servers.site, len(snapshot.inventory.resources)
    per = np.array([rate.numerator for rate in snapshot.units.rates], np.int64)[snapshot.rate]
    total = np.zeros((len(snapshot.inventory.sites), kinds), np.int64)
    free = np.maximum(snapshot.free[:, :kinds], 0) * snapshot.usable[:, None]
    for column, resource in enumerate(snapshot.inventory.resources):
        np.add.at(total[:, column], at, free[:, column] // (per if resource == "cpu" else 1))
    return total, np.bincount(at, minlength=len(total)).astype(np.int64)


def _position(names: Sequence[str] | Mapping[str, int], name: str, what: str) -> int:
    found = names.get(name, -1) if isinstance(names, Mapping) else names.index(name) if name in names else -1
    if found < 0:
        raise Refused(f"{what}.unknown", f"there is no {what} '{name}'")
    return found
