"""Deliveries: what the books placed, for whoever brings it to clusters; and what clusters have, for the books."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from api.client.calls import Call
from api.client.models import Answer, Deliveries, Imported, reading
from api.client.routes.wire import Applications, Written, asked, identity

SEARCH = 10.0
"""Seconds that a search takes at most, when the options do not say."""


def deliveries() -> Call[Deliveries]:
    """All that runs: instances by application, site and server."""
    return Call("GET", "/v1/deliveries", reading(Deliveries), seconds=30)


def deliver(
    applications: Applications, options: Written | None = None, *, retry: int = 3, key: str | None = None
) -> Call[Deliveries]:
    """What runs of these applications (masters before their children) becomes what their manifests say, all of it or
    nothing. Raises Refused when it does not fit, with what is missing; then everything is as it was."""
    body = {**asked(applications, options), "retry": retry}
    seconds = SEARCH * (retry + 1)
    return Call("POST", "/v1/deliveries", reading(Deliveries), json=body, books=True, key=key, seconds=seconds)


def end_delivery(application: str, *, server: str | None = None, key: str | None = None) -> Call[Answer]:
    """All instances end, or those on one server; nothing that runs is no problem."""
    path = f"/v1/deliveries/{identity(application)}"
    return Call("DELETE", path, reading(Answer), {"server": server}, books=True, key=key)


def observe(sites: Sequence[Mapping[str, Any]], servers: Sequence[Mapping[str, Any]]) -> Call[Imported]:
    """Sites and servers as clusters have them, in rows with the names of the CSV columns; repeated, nothing changes."""
    body = {"sites": list(sites), "servers": list(servers)}
    return Call("POST", "/v1/inventory:observe", reading(Imported), json=body, books=True, seconds=30)
