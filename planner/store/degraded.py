"""Degraded: whether reservations have room on servers that are not online, said as soon as a state changes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from planner.store import reading
from planner.store.driver import among, execute
from planner.store.unit import Unit

STANDING = "kind = 'reservation' AND died IS NULL"


def mark(unit: Unit, sites: Sequence[int], servers: Sequence[int]) -> None:
    """In the transaction that changed the states of these sites and servers: every reservation there says whether it is
    degraded now. It holds them first, so that two changes at the same moment count each other."""
    inside, given = among(unit.connection, "site_id", sites)
    named, more = among(unit.connection, "id", servers)
    there = f"SELECT id FROM servers WHERE {inside} OR {named}"
    query = f"SELECT DISTINCT booking_id FROM lines WHERE {STANDING} AND server_id IN ({there})"
    touched = [row[0] for row in execute(unit.connection, query, (*given, *more)).fetchall()]
    held = reading.held_bookings(unit.connection, touched)
    bad = _not_online(unit, [booking.id for booking in held])
    for booking in held:
        if booking.degraded != (booking.id in bad):
            changed = replace(booking, degraded=booking.id in bad)
            unit.turn(changed)
            unit.tell("reservation.degrade" if changed.degraded else "reservation.restore", booking.id, {})


def _not_online(unit: Unit, bookings: Sequence[str]) -> set[str]:
    """Those with a line on a server that is not online, or in a site that is not."""
    if not bookings:
        return set()
    mine, given = among(unit.connection, "booking_id", bookings)
    query = (
        "SELECT DISTINCT booking_id FROM lines JOIN servers ON servers.id = server_id "
        "JOIN sites ON sites.id = servers.site_id "
        f"WHERE {STANDING} AND {mine} AND (servers.state <> 'online' OR sites.state <> 'online')"
    )
    return {row[0] for row in execute(unit.connection, query, given).fetchall()}
