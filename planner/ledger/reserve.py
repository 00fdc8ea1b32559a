"""Reservations: promised, changed, given back, and put elsewhere when servers are lost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from planner.ledger import bulk
from planner.ledger.answer import Booked, sealed
from planner.ledger.book import attempts, book, call_off, decided, eligible_sites
from planner.ledger.books import Books, By
from planner.ledger.commit import recalled
from planner.ledger.consume import rows_of
from planner.ledger.decide import Window, decide
from planner.ledger.entries import Booking, Line, amounts
from planner.ledger.lines import lines_of
from planner.ledger.picture import Picture
from planner.ledger.refusal import refusal
from planner.ledger.refused import Refused
from planner.manifests.errors import InputProblem, InvalidInput
from planner.manifests.instants import FOREVER, told
from planner.manifests.metadata import Metadata
from planner.manifests.reservation import Reservation, ReservationSpec
from planner.plans.plan import SolveOptions
from planner.store import reading
from planner.store.unit import Unit


def reserve(
    books: Books, reservation: Reservation, by: By, *, options: SolveOptions | None = None, retries: int = 3
) -> Booked:
    """Promise the room, all of it. Raises InvalidInput, Refused with the shortfall, Stale for `retries` lost races."""

    def do(picture: Picture, work: Unit | None) -> Booked:
        now = books.clock()
        window = window_of(reservation, now)
        booking = _booking(reservation, window, picture.generation)
        spec = reservation.spec
        if spec.applications is not None:
            given = options or SolveOptions()
            decision = decide(picture, spec.applications, given, now, by.actor, window=window, uses=False)
            if not decision.complete:
                raise refusal(picture, decision)
            return book(books, picture, decision, booking, by, work)
        _known(picture, reservation)
        lines = bulk.place(picture, reservation, spec.amounts or {}, booking.id, window)
        if work is not None:
            work.now = max(work.now, now)
            return _enter(work, picture, booking, lines, by)
        with books.unit(by) as unit:
            return _enter(unit, picture, booking, lines, by)

    return attempts(books, by, lambda picture: _sites(picture, reservation), retries, do)


def promote(books: Books, identity: str, name: str, by: By, *, match: str = "open", end: int = FOREVER) -> Booked:
    """A plan that was made before becomes a reservation, exactly as it stands; Stale when the books have moved on."""
    picture = books.picture().seen_by(by.tenants)
    decision = recalled(books, picture, identity, by)
    if decision.without:
        raise Refused("plan.uses-reservation", "the plan uses a reservation already: commit it, or plan anew")
    if not decision.complete:
        raise refusal(picture, decision)
    tenants = {each.metadata.namespace for each in decision.applications}
    if len(tenants) != 1:
        raise Refused("reservation.tenants", "a reservation is of one tenant, and the plan is not")
    spec = {"match": match, "applications": list(decision.applications), "end": None if end >= FOREVER else end}
    reservation = Reservation(
        metadata=Metadata(name=name, namespace=tenants.pop()), spec=ReservationSpec.model_validate(spec)
    )
    window = window_of(reservation, books.clock())
    return book(books, picture, decision, _booking(reservation, window, decision.generation), by)


def change(
    books: Books, reservation: Reservation, by: By, *, options: SolveOptions | None = None, match: int | None = None
) -> Booked:
    """The promise is what the new manifest says from now on, placed anew in one transaction; or it stays as it was.

    Before its start everything may change; after it the start stays. match: the generation in which it was looked at.
    Raises as `reserve`, and Refused when it changed since."""
    picture = books.picture().seen_by(by.tenants)
    booking = find(picture, reservation.tenant, reservation.metadata.name, by)
    now = books.clock()
    window = _changed_window(booking, reservation, now)
    own = tuple(line for line in picture.floating if line.booking == booking.id)
    without = tuple(line.id for line in own)
    spec = reservation.spec
    decision = None
    if spec.applications is not None:
        given = options or SolveOptions()
        decision = decide(picture, spec.applications, given, now, by.actor, window=window, uses=False, without=without)
        if not decision.complete:
            raise refusal(picture, decision)
        lines = lines_of(picture, decision, booking.id, "reservation", window)
    else:
        _known(picture, reservation)
        lines = bulk.place(picture, reservation, spec.amounts or {}, booking.id, window, without)
    after = replace(
        booking,
        start=window.start,
        ends=window.ends,
        degraded=False,
        document=reservation.model_dump_json(by_alias=True),
    )
    with books.unit(by) as unit:
        unit.lock(picture.sites_of(lines), picture.generation, picture.sites_of(own))
        _unchanged(unit, booking, match)
        unit.turn(after)
        unit.free(own)
        unit.take(lines)
        if decision is not None:
            unit.keep(decided(decision))
        unit.tell("reservation.change", booking.id, {"start": told(window.start), "end": told(window.ends)})
        return sealed(unit, by, Booked(after, tuple(lines), picture.names(lines), decision, unit.advance()))


def _unchanged(unit: Unit, booking: Booking, match: int | None) -> None:
    if match is not None and (found := reading.booking_generation(unit.connection, booking.id)) != match:
        raise Refused("generation.stale", f"it changed in between: it is at generation {found}, not {match}")


def cancel(books: Books, tenant: str, name: str, by: By) -> Booking:
    """Give the promise back. Raises Refused when there is none."""
    picture = books.picture()
    booking = find(picture, tenant, name, by)
    own = [line for line in picture.floating if line.booking == booking.id]
    return call_off(books, picture, booking, own, by)


def find(picture: Picture, tenant: str, name: str, by: By) -> Booking:
    """Raises Refused when there is none, and when it is not for the eyes of who asks."""
    for booking in picture.bookings.values():
        if booking.kind == "reservation" and (booking.tenant, booking.name) == (tenant, name) and by.sees(tenant):
            return booking
    raise Refused("reservation.unknown", f"tenant '{tenant}' has no active reservation '{name}'")


def window_of(reservation: Reservation, now: int) -> Window:
    """Raises InvalidInput for an end that is past."""
    start = max(reservation.spec.start or now, now)
    if reservation.spec.ends <= start:
        found = f"{told(reservation.spec.ends)}"
        raise InvalidInput([InputProblem("request", None, "spec.end", found, f"an instant after {told(start)}")])
    return Window(start, reservation.spec.ends)


def _changed_window(booking: Booking, reservation: Reservation, now: int) -> Window:
    started = booking.start <= now
    asked = reservation.spec.start
    if started and asked is not None and asked != booking.start:
        raise Refused(
            "reservation.started", f"it has started at {told(booking.start)}: its start cannot change any more"
        )
    window = window_of(reservation, now)
    return window if not started else Window(now, window.ends)


def _booking(reservation: Reservation, window: Window, generation: int) -> Booking:
    return Booking(
        id=f"r-{reservation.metadata.name}-{generation}"
        if reservation.tenant == "default"
        else f"r-{reservation.tenant}-{reservation.metadata.name}-{generation}",
        kind="reservation",
        state="active",
        tenant=reservation.tenant,
        name=reservation.metadata.name,
        start=window.start,
        ends=window.ends,
        expires=FOREVER,
        degraded=False,
        document=reservation.model_dump_json(by_alias=True),
    )


def _enter(unit: Unit, picture: Picture, booking: Booking, lines: Sequence[Line], by: By) -> Booked:
    unit.lock(picture.sites_of(lines), picture.generation)
    unit.take(lines)
    unit.open(booking)
    asked: Counter[str] = Counter()
    for line in lines:
        asked.update(amounts(line.asked))
    unit.tell("reservation.book", booking.id, {"tenant": booking.tenant, "amounts": dict(asked), "servers": len(lines)})
    return sealed(unit, by, Booked(booking, tuple(lines), picture.names(lines), None, unit.advance()))


def _sites(picture: Picture, reservation: Reservation) -> set[int]:
    if reservation.spec.applications is not None:
        return eligible_sites(picture, reservation.spec.applications)
    rows = rows_of(picture, reservation)
    return set(picture.site_ids[picture.snapshot.inventory.servers.site[rows]].tolist())


def _known(picture: Picture, reservation: Reservation) -> None:
    """Raises InvalidInput when the place or a resource is not one that sites have."""
    inventory = picture.snapshot.inventory
    places = ("site", *inventory.sites.attributes)
    problems = [
        InputProblem("request", None, f"spec.where.{key}", "an unknown attribute or label", ", ".join(places))
        for key in reservation.spec.where
        if key not in places
    ]
    problems += [
        InputProblem("request", None, f"spec.amounts.{name}", "an unknown resource", ", ".join(inventory.resources))
        for name in reservation.spec.amounts or ()
        if name not in inventory.resources
    ]
    if problems:
        raise InvalidInput(problems)
