"""Reservations, holds, and what runs."""

from __future__ import annotations

from api.client.calls import Call
from api.client.models import Booking, Released, reading
from api.client.pages import Pages, paged
from api.client.routes.wire import Applications, Written, asked, identity, segment, written


def reserve(reservation: Written, *, key: str | None = None) -> Call[Booking]:
    """Promise capacity to a tenant, all of it or nothing. Raises Refused when there is not so much."""
    return Call("POST", "/v1/reservations", reading(Booking), json=written(reservation), books=True, key=key)


def reservations(*, tenant: str | None = None, state: str | None = None) -> Pages[Booking]:
    """Those that are active, or in this state; `all`: in any."""
    return paged("/v1/reservations", Booking, tenant=tenant, state=state)


def cancel_reservation(tenant: str, name: str, *, key: str | None = None) -> Call[Booking]:
    """Its room is free from now on."""
    path = f"/v1/reservations/{segment(tenant)}/{segment(name)}"
    return Call("DELETE", path, reading(Booking), books=True, key=key)


def hold(
    applications: Applications, options: Written | None = None, *, ttl: str = "300s", key: str | None = None
) -> Call[Booking]:
    """Hold room until it is confirmed, cancelled, or expires by the clock."""
    body = {**asked(applications, options), "ttl": ttl}
    return Call("POST", "/v1/holds", reading(Booking), json=body, books=True, key=key, seconds=30)


def confirm_hold(hold: str, *, key: str | None = None) -> Call[Booking]:
    """Its instances run from now on. Raises Unknown `hold.gone` when it is over."""
    return _turned(hold, "confirm", None, key)


def cancel_hold(hold: str, *, key: str | None = None) -> Call[Booking]:
    """Its room is free again."""
    return _turned(hold, "cancel", None, key)


def extend_hold(hold: str, *, ttl: str = "300s", key: str | None = None) -> Call[Booking]:
    """It expires so long from now."""
    return _turned(hold, "extend", {"ttl": ttl}, key)


def release(
    application: str, *, instances: int | None = None, server: str | None = None, key: str | None = None
) -> Call[Released]:
    """End all instances of an application, or so many, everywhere or on one server."""
    body = {name: value for name, value in (("instances", instances), ("server", server)) if value is not None}
    path = f"/v1/applications/{identity(application)}:release"
    return Call("POST", path, reading(Released), json=body, books=True, key=key)


def _turned(hold: str, verb: str, body: object, key: str | None) -> Call[Booking]:
    return Call("POST", f"/v1/holds/{segment(hold)}:{verb}", reading(Booking), json=body, books=True, key=key)
