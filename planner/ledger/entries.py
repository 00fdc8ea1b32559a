"""What the books consist of: bookings, and their lines on servers."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, NamedTuple

Kind = Literal["allocation", "reservation", "hold"]
State = Literal["active", "confirmed", "cancelled", "expired", "used", "ended"]


class Line(NamedTuple):
    """Room that is taken on one server from `start` to `ends` (milliseconds).

    id: 0 until it is written. server: its id in the store. application: empty for bulk amounts, which are one instance.
    amounts, asked: of one instance, as JSON: what it takes from the server in the books' units, and what was asked for
    in base units. devices: GPUs that the instance has, or that each has its share of. lost: of standby, what has to be
    lost before it starts, `level:domain`; it shares its room with the standby of other losses. daily: slices of the day
    in which it takes room, as JSON; empty: all day. (A tuple, for there are hundreds of thousands.)
    """

    id: int
    booking: str
    kind: str
    tenant: str
    application: str
    demand: int
    cells: tuple[int, ...]
    server: int
    instances: int
    start: int
    ends: int
    amounts: str
    asked: str
    devices: tuple[int, ...] = ()
    lost: str = ""
    daily: str = ""

    @property
    def shares(self) -> bool:
        """It takes room that others may have at another time, or after another loss."""
        return bool(self.lost or self.daily)


@dataclass(frozen=True, slots=True)
class Booking:
    """A decision that took room. expires: when a hold ends unless it is confirmed. document: what was asked for, as
    JSON. degraded: room that it needs is on servers that are not online."""

    id: str
    kind: Kind
    state: State
    tenant: str
    name: str
    start: int
    ends: int
    expires: int
    degraded: bool
    document: str


def tenants_of(booking: Booking) -> set[str]:
    """One, but for a booking of applications of several."""
    if booking.tenant:
        return {booking.tenant}
    given = json.loads(booking.document)
    applications = given if isinstance(given, list) else given.get("applications", [])
    return {each["metadata"].get("namespace", "default") for each in applications}


@lru_cache(maxsize=65_536)
def amounts(text: str) -> dict[str, int]:
    """Of one instance: resource -> amount. Not to be changed."""
    content: dict[str, int] = json.loads(text)
    return content


def written(content: dict[str, int]) -> str:
    """Amounts as JSON, without those that are nothing."""
    return json.dumps({name: amount for name, amount in sorted(content.items()) if amount}, separators=(",", ":"))
