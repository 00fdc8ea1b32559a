"""What there is and what runs: sites, servers, applications, allocations; what was used, and who did what."""

from __future__ import annotations

from collections.abc import Sequence

from api.client.calls import Call
from api.client.models import Allocation, Booking, Entry, Running, Server, Site, Usage, reading
from api.client.pages import Pages, paged
from api.client.routes.wire import identity, segment

Some = str | Sequence[str] | None
"""Accepted values of a filter; None: all."""


def sites(
    *,
    region: Some = None,
    province: Some = None,
    city: Some = None,
    carrier: Some = None,
    cluster: Some = None,
    state: Some = None,
    capability: Some = None,
    limit: int | None = None,
) -> Pages[Site]:
    """In the order of the inventory, with what is free now. limit: rows of a page."""
    place = {"region": region, "province": province, "city": city, "carrier": carrier, "cluster": cluster}
    return paged("/v1/sites", Site, **place, state=state, capability=capability, limit=limit)


def site(name: str) -> Call[Site]:
    """Raises Unknown when there is none."""
    return Call("GET", f"/v1/sites/{segment(name)}", reading(Site))


def change_site(name: str, state: str, *, generation: int | None = None, key: str | None = None) -> Call[Site]:
    """Set its state: online, draining, offline (frozen) or retired. generation: that was looked at; Refused (412) when
    it has changed since. None: whatever it is now."""
    return _changed("sites", name, state, generation, key).reading(reading(Site))


def servers(
    *, site: Some = None, rack: Some = None, state: Some = None, capability: Some = None, limit: int | None = None
) -> Pages[Server]:
    """In the order of their sites, with what is free now. limit: rows of a page."""
    return paged("/v1/servers", Server, site=site, rack=rack, state=state, capability=capability, limit=limit)


def server(name: str) -> Call[Server]:
    """Raises Unknown when there is none."""
    return Call("GET", f"/v1/servers/{segment(name)}", reading(Server))


def change_server(name: str, state: str, *, generation: int | None = None, key: str | None = None) -> Call[Server]:
    """As `change_site`."""
    return _changed("servers", name, state, generation, key).reading(reading(Server))


def applications(*, tenant: Some = None, name: Some = None, limit: int | None = None) -> Pages[Running]:
    """Those that run, by tenant and name."""
    return paged("/v1/applications", Running, tenant=tenant, name=name, limit=limit)


def application(name: str) -> Call[Running]:
    """By its id, such as `acme/render`. Raises Unknown when it does not run."""
    return Call("GET", f"/v1/applications/{identity(name)}", reading(Running))


def allocations(
    *, application: Some = None, site: Some = None, server: Some = None, limit: int | None = None
) -> Pages[Allocation]:
    """What runs where, in the order in which it was placed. application: ids."""
    return paged("/v1/allocations", Allocation, application=application, site=site, server=server, limit=limit)


def holds() -> Pages[Booking]:
    """Those that are active."""
    return paged("/v1/holds", Booking)


def usage(begin: str | None = None, stop: str | None = None, *, tenant: str | None = None) -> Pages[Usage]:
    """Amounts times hours, allocated, reserved and held. begin, stop: RFC 3339; ever, and now, when left out."""
    return paged("/v1/usage", Usage, **{"from": begin, "to": stop}, tenant=tenant)


def audit(*, subject: str | None = None, action: str | None = None, limit: int | None = None) -> Pages[Entry]:
    """Who did what, the newest first. action: its beginning, such as `hold`."""
    return paged("/v1/audit", Entry, subject=subject, action=action, limit=limit)


def _changed(kind: str, name: str, state: str, generation: int | None, key: str | None) -> Call[None]:
    match = {"If-Match": "*" if generation is None else f'"{generation}"'}
    path = f"/v1/{kind}/{segment(name)}"
    return Call("PATCH", path, lambda _: None, json={"state": state}, headers=match, books=True, key=key)
