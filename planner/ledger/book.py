"""Book: a decision becomes allocations, a reservation or a hold, if nothing that it was made on has changed."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace

from planner.ledger.answer import Booked, sealed
from planner.ledger.books import Books, By
from planner.ledger.consume import Consumed
from planner.ledger.decide import VERSION, Decision, Window, consumed
from planner.ledger.entries import Booking, Line
from planner.ledger.lines import lines_of, moves_of
from planner.ledger.picture import Picture
from planner.ledger.refused import Refused, Stale
from planner.manifests.application import Application
from planner.manifests.instants import FOREVER
from planner.store.decisions import Decided
from planner.store.unit import Unit

HOLD = 300_000
"""Milliseconds that a hold lasts, unless it says otherwise."""
PATIENT = 2
"""Lost races after which a request holds its sites before it decides, so that it cannot lose again."""


def decided(decision: Decision) -> Decided:
    plan = decision.plan.model_dump_json(by_alias=True, exclude_none=True)
    head = (decision.plan.plan, decision.at, decision.actor, decision.generation, VERSION)
    return Decided(*head, decision.request(), plan)


def attempts(
    books: Books,
    by: By,
    sites: Callable[[Picture], set[int]],
    retries: int,
    do: Callable[[Picture, Unit | None], Booked],
) -> Booked:
    """`do` until no race is lost, at most `retries` times more. Who loses PATIENT times holds all of `sites` first.

    Raises Stale when the last attempt lost too, and whatever else `do` raises."""
    for tried in range(retries + 1):
        picture = books.picture().seen_by(by.tenants)
        try:
            if tried < PATIENT:
                return do(picture, None)
            with books.unit(by) as work:
                work.lock(sites(picture))
                return do(books.seen().seen_by(by.tenants), work)
        except Stale:
            if tried == retries:
                raise
            books.stir()
    raise ValueError(f"found {retries} retries, expected 0 or more")


@dataclass(frozen=True, slots=True)
class Replaced:
    """Lines that end when a decision is booked, and what is left of them."""

    freed: tuple[Line, ...] = ()
    again: tuple[Line, ...] = ()


def book(
    books: Books,
    picture: Picture,
    decision: Decision,
    booking: Booking,
    by: By,
    work: Unit | None = None,
    replaced: Replaced | None = None,
) -> Booked:
    """In one transaction, compare-and-swap on the generation of every site that it touches. work: one that holds them.
    replaced: what ends by it; then all manifests are written, also of what stays as it is.

    Raises Stale when somebody was faster, Refused when there is nothing to book or room is missing."""
    window = Window(booking.start, booking.ends) if booking.kind == "reservation" else None
    now = books.clock()
    moved = moves_of(picture, decision, now)
    placed = [
        line._replace(start=max(line.start, now))
        for line in lines_of(picture, decision, booking.id, booking.kind, window)
    ]
    if not placed and replaced is None:
        raise Refused("plan.empty", "the plan places nothing: there is nothing to book")
    if any(line.ends <= now for line in placed):
        raise Stale("what was planned would have ended already")
    gone = consumed(picture, decision, placed, now) if booking.kind == "allocation" else Consumed()
    within: AbstractContextManager[Unit] = nullcontext(work) if work else books.unit(by)
    with within as unit:
        unit.now = max(unit.now, now)  # it may have waited for its sites, and planned since
        ends = replaced or Replaced()
        touched = [*placed, *moved.freed, *moved.again, *ends.freed]
        unit.lock(picture.sites_of(touched), decision.generation, picture.sites_of(gone.freed), decision.named)
        unit.free([*gone.freed, *moved.freed, *ends.freed])
        unit.take([*placed, *gone.again, *moved.again, *ends.again])
        if placed:
            unit.open(booking)
        use_up(unit, gone, booking)
        names = {line.application for line in placed} if booking.kind == "allocation" else set()
        if replaced is not None:
            names |= {each.id for each in decision.applications if each.id in picture.allocations}
        if names:
            manifests = decision.manifests(picture)
            unit.applications(manifests[name] for name in sorted(names))
        if moved.freed:
            move(unit, decision, names)
        unit.keep(decided(decision))
        unit.tell(f"{booking.kind}.book", booking.id, detail(booking, decision, picture, placed, gone))
        return sealed(unit, by, Booked(booking, tuple(placed), picture.names(placed), decision, unit.advance()))


def use_up(unit: Unit, gone: Consumed, by: Booking) -> None:
    """Reservations of which nothing is left are over."""
    for used in gone.used:
        unit.turn(replace(used, state="used"))
        unit.tell("reservation.use", used.id, {"by": by.id})


def move(unit: Unit, decision: Decision, written: set[str]) -> None:
    """Say what moves. written: applications that this unit writes anyhow."""
    moves: dict[str, list[dict[str, object]]] = {}
    for row in decision.plan.moves:
        told: dict[str, object] = {"from": row.source, "to": row.target, "instances": row.instances}
        moves.setdefault(row.application, []).append(told)
    unit.touch(moves.keys() - written)
    for name, rows in moves.items():
        unit.tell("allocation.move", name, {"plan": decision.plan.plan, "moves": rows})


def call_off(books: Books, picture: Picture, booking: Booking, lines: Sequence[Line], by: By) -> Booking:
    """A hold or a reservation is cancelled: the room of its lines is free again."""
    with books.unit(by) as unit:
        unit.lock(picture.sites_of(lines))
        done = replace(booking, state="cancelled")
        unit.turn(done)
        unit.free(lines)
        unit.tell(f"{booking.kind}.cancel", booking.id, {})
        return sealed(unit, by, done)


def detail(
    booking: Booking, decision: Decision, picture: Picture, placed: Sequence[Line], gone: Consumed
) -> dict[str, object]:
    """What the audit log says of a booking."""
    instances: dict[str, int] = {}
    for line in placed:
        if not line.lost:
            instances[line.application] = instances.get(line.application, 0) + line.instances
    consumed = sum(line.instances for line in gone.freed) - sum(line.instances for line in gone.again)
    told = {"plan": decision.plan.plan, "tenant": booking.tenant, "instances": instances}
    return told | {"sites": len(picture.sites_of(placed)), "reserved before": consumed}


def allocation(decision: Decision) -> Booking:
    """The booking of what runs from now on. It has no state to go through: its lines come and go."""
    return _booking(decision, "a", "confirmed", FOREVER)


def hold(decision: Decision, ttl: int = HOLD) -> Booking:
    return _booking(decision, "h", "active", decision.at + ttl)


def _booking(decision: Decision, prefix: str, state: str, expires: int) -> Booking:
    tenants = sorted({each.metadata.namespace for each in decision.applications})
    return Booking(
        id=f"{prefix}-{decision.plan.plan}-{decision.generation}",
        kind="hold" if prefix == "h" else "allocation",
        state="active" if state == "active" else "confirmed",
        tenant=tenants[0] if len(tenants) == 1 else "",
        name=decision.plan.plan,
        start=decision.at,
        ends=decision.window.ends,
        expires=expires,
        degraded=False,
        document=json.dumps([each.model_dump(by_alias=True, exclude_defaults=True) for each in decision.applications]),
    )


def eligible_sites(picture: Picture, applications: Sequence[Application]) -> set[int]:
    """Ids of the sites where some of the applications may go."""
    snapshot = picture.snapshot
    rows: set[int] = set()
    for each in applications:
        for entry in each.spec.demand:
            servers = snapshot.matches(entry.where, entry.within)
            rows.update(snapshot.inventory.servers.site[servers].tolist())
    return set(picture.site_ids[sorted(rows)].tolist())
