"""Loss: reservations on servers that are not online are degraded; what floats is put elsewhere, where there is room."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

from planner.inventory.calendar import in_slices
from planner.inventory.snapshot import Snapshot
from planner.inventory.world import Allocation
from planner.ledger import bulk
from planner.ledger.books import Books, By
from planner.ledger.decide import Decision, Window
from planner.ledger.entries import Booking, Line, amounts
from planner.ledger.lines import lines_of
from planner.ledger.picture import Picture
from planner.ledger.refused import Refused, Stale
from planner.manifests.application import Application
from planner.manifests.errors import InvalidInput
from planner.manifests.reservation import Reservation
from planner.plans.plan import SolveOptions
from planner.plans.solve import solve

PATIENCE = SolveOptions(time_limit=2.0)
RACES = 3
Outcome = Literal["moved", "sound", "waiting", "raced"]
"""Of looking for room: it is elsewhere now; nothing of it is lost (any more); there is no room; others were faster."""


def lost(picture: Picture) -> dict[str, list[Line]]:
    """Reservation -> its lines on servers that are not online."""
    found: dict[str, list[Line]] = {}
    usable = picture.snapshot.usable
    for line in picture.floating:
        if line.kind == "reservation" and not usable[picture.server_row[line.server]]:
            found.setdefault(line.booking, []).append(line)
    return found


def replace_lost(books: Books, by: By) -> None:
    """One reservation after the other; who finds no room stays degraded. Where somebody follows the books, it is
    left to them."""
    if not books.followed:
        for identity in sorted(lost(books.picture())):
            put_elsewhere(books, identity, by)


def put_elsewhere(books: Books, identity: str, by: By) -> Outcome:
    """What a reservation has lost, all of it or nothing; a lost race is run again a few times."""
    for _ in range(RACES):
        picture = books.picture()
        lines = lost(picture).get(identity)
        if not lines or identity not in picture.bookings:
            return "sound"
        try:
            _replace(books, picture, picture.bookings[identity], lines, by)
        except Stale:
            continue
        except (Refused, InvalidInput):  # what it asks for may not even be known here any more
            return "waiting"
        return "moved"
    return "raced"


def _replace(books: Books, picture: Picture, booking: Booking, lines: Sequence[Line], by: By) -> None:
    """Raises Refused when there is no room, or somebody was faster."""
    reservation = Reservation.model_validate_json(booking.document)
    window = Window(max(booking.start, books.clock()), booking.ends)
    if reservation.spec.amounts is not None:
        wanted: Counter[str] = Counter()
        for line in lines:
            wanted.update(amounts(line.asked))
        new = bulk.place(picture, reservation, wanted, booking.id, window, tuple(line.id for line in lines))
    else:
        new = _elsewhere(picture, booking, reservation, lines, window, by)
    with books.unit(by) as unit:
        unit.lock(picture.sites_of(new), picture.generation, picture.sites_of(lines))
        unit.turn(replace(booking, degraded=False))
        unit.free(lines)
        unit.take(new)
        unit.tell("reservation.move", booking.id, {"lines": len(lines)})


def _elsewhere(
    picture: Picture, booking: Booking, reservation: Reservation, lines: Sequence[Line], window: Window, by: By
) -> list[Line]:
    """What is lost is planned anew, by its rules, beside what is not."""
    gone = {line.id for line in lines}
    kept = [line for line in picture.floating if line.booking == booking.id and line.id not in gone]
    applications = [in_slices(_asking(each, [*kept, *lines])) for each in reservation.spec.applications or ()]
    view = _with_running(picture, picture.view(window.start, window.ends, gone), applications, kept)
    plan = solve(view, applications, PATIENCE)
    decision = Decision(
        at=window.start,
        actor=by.actor,
        generation=picture.generation,
        applications=tuple(applications),
        options=PATIENCE,
        window=window,
        without=tuple(gone),
        promises=(),
        named=frozenset(),
        plan=plan,
    )
    placed = lines_of(picture, decision, booking.id, "reservation", window)
    if sum(line.instances for line in placed) < sum(line.instances for line in lines):
        raise Refused("capacity.waiting", f"no room elsewhere for reservation {booking.name}")
    return placed


def _asking(application: Application, lines: Sequence[Line]) -> Application:
    """For as many instances as its lines have, where they were asked for."""
    count: Counter[int] = Counter()
    for line in lines:
        if line.application == application.id:
            count[line.demand] += line.instances
    demand = [
        entry.model_copy(update={"instances": count[row], "instances_per_site": None}) if count[row] else entry
        for row, entry in enumerate(application.spec.demand)
    ]
    return application.model_copy(update={"spec": application.spec.model_copy(update={"demand": demand})})


def _with_running(
    picture: Picture, view: Snapshot, applications: Sequence[Application], kept: Sequence[Line]
) -> Snapshot:
    """As if what is kept ran: the rules then count it."""
    running = dict(view.running)
    for each in applications:
        running[each.id] = tuple(
            Allocation(each.id, picture.server_row[line.server], line.instances, line.cells, line.demand)
            for line in kept
            if line.application == each.id
        )
    known = {**view.applications, **{each.id: each for each in applications if running[each.id]}}
    return replace(view, running={name: rows for name, rows in running.items() if rows}, applications=known)
