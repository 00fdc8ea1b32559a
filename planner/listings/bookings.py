"""Reservations and holds: what is promised and held, from when to when."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from planner.ledger.answer import line_told
from planner.ledger.books import Books, By
from planner.ledger.entries import Booking, Line, tenants_of
from planner.ledger.picture import Picture
from planner.ledger.refused import Refused
from planner.listings.row import Page, Row, page
from planner.manifests.application import Application
from planner.manifests.instants import told
from planner.manifests.reservation import Reservation
from planner.store import reading

Filters = Mapping[str, Sequence[str]]


class BookingRow(Row):
    """end: null for what has none. expires: of a hold. degraded: room that it needs is on servers not online."""

    id: str
    kind: str
    state: str
    tenant: str
    name: str
    start: str
    end: str | None = None
    expires: str | None = None
    degraded: bool


class BookedOn(Row):
    """On one server: instances of an application, or amounts."""

    server: str
    application: str | None = None
    instances: int | None = None
    amounts: dict[str, str | int] | None = None
    demand: int | None = None
    cells: list[int] | None = None
    devices: list[int] | None = None


class ReservationDetail(BookingRow):
    """generation: in which it last changed, or was used."""

    generation: int
    manifest: Reservation
    placements: list[BookedOn]


class HoldDetail(BookingRow):
    generation: int
    applications: list[Application]
    placements: list[BookedOn]


def bookings(books: Books, kind: str, by: By, filters: Filters, after: str | None, limit: int) -> Page[BookingRow]:
    """By start and id; those that are active, unless the filter `state` says otherwise."""
    books.picture()  # what is over is over
    states, names, tenants = filters.get("state", ("active",)), filters.get("name"), filters.get("tenant")
    with books.database.reading() as connection:
        found = [
            (_key(each), _row(each))
            for each in reading.bookings(connection, kind)
            if by.sees(*tenants_of(each))
            and (after is None or _key(each) > after)
            and (each.state in states or "all" in states)
            and (names is None or each.name in names)
            and (tenants is None or each.tenant in tenants)
        ]
    return page(found[: limit + 1], limit)


def reservation(books: Books, tenant: str, name: str, by: By) -> ReservationDetail:
    """The active one. Raises Refused when there is none."""
    from planner.ledger.reserve import find

    picture = books.picture()
    booking = find(picture, tenant, name, by)
    return ReservationDetail(
        **_row(booking).model_dump(),
        generation=generation_of(books, booking.id),
        manifest=Reservation.model_validate_json(booking.document),
        placements=_placements(picture, booking),
    )


def hold(books: Books, identity: str, by: By) -> HoldDetail:
    """One that is active. Raises Refused when there is none."""
    picture = books.picture()
    booking = picture.bookings.get(identity)
    if booking is None or booking.kind != "hold" or not by.sees(*tenants_of(booking)):
        raise Refused("hold.gone", f"there is no active hold '{identity}': it was confirmed, cancelled, or has expired")
    return HoldDetail(
        **_row(booking).model_dump(),
        generation=generation_of(books, booking.id),
        applications=[Application.model_validate(each) for each in json.loads(booking.document)],
        placements=_placements(picture, booking),
    )


def generation_of(books: Books, booking: str) -> int:
    with books.database.reading() as connection:
        return reading.booking_generation(connection, booking)


def _placements(picture: Picture, booking: Booking) -> list[BookedOn]:
    lines: list[Line] = [line for line in picture.floating if line.booking == booking.id]
    pairs = zip(lines, picture.names(lines), strict=True)
    return [BookedOn.model_validate(line_told(line, server), extra="ignore") for line, server in pairs]


def _key(booking: Booking) -> str:
    return f"{booking.start:020d} {booking.id}"


def _row(booking: Booking) -> BookingRow:
    return BookingRow(
        id=booking.id,
        kind=booking.kind,
        state=booking.state,
        tenant=booking.tenant,
        name=booking.name,
        start=told(booking.start) or "",
        end=told(booking.ends),
        expires=told(booking.expires) if booking.kind == "hold" else None,
        degraded=booking.degraded,
    )
