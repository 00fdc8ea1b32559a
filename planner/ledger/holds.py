"""Holds: room for a plan for a few minutes, then confirmed, cancelled, or gone by the clock.

A hold takes free room only. When it is confirmed, its tenant's matching reservations are used up by what runs then.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace

from planner.ledger.answer import Booked, sealed
from planner.ledger.book import HOLD, attempts, book, call_off, eligible_sites, use_up
from planner.ledger.book import hold as holding
from planner.ledger.books import Books, By
from planner.ledger.consume import consume, promises
from planner.ledger.decide import decide
from planner.ledger.entries import Booking, Line, tenants_of
from planner.ledger.picture import Picture
from planner.ledger.refusal import refusal
from planner.ledger.refused import Refused
from planner.manifests.application import Application
from planner.plans.plan import SolveOptions
from planner.store.unit import Unit


def hold(
    books: Books,
    applications: Sequence[Application],
    options: SolveOptions,
    by: By,
    *,
    ttl: int = HOLD,
    retries: int = 3,
) -> Booked:
    """Plan, and keep the room for `ttl` milliseconds. Raises as `commit` does."""

    def do(picture: Picture, work: Unit | None) -> Booked:
        decision = decide(picture, applications, options, books.clock(), by.actor, uses=False)
        if not decision.complete:
            raise refusal(picture, decision)
        return book(books, picture, decision, holding(decision, ttl), by, work)

    return attempts(books, by, lambda picture: eligible_sites(picture, applications), retries, do)


def confirm(books: Books, identity: str, by: By) -> Booked:
    """Its instances run from now on. Raises Refused when it is over."""
    picture, held, lines = _held(books, identity, by)
    applications = {each.id: each for each in map(Application.model_validate, json.loads(held.document))}
    manifests = {**picture.snapshot.applications, **applications}
    now = books.clock()
    placed = [line._replace(id=0, kind="allocation", start=max(line.start, now)) for line in lines]
    gone = consume(picture, promises(picture, list(applications.values()), now, held.ends), manifests, placed, now)
    with books.unit(by) as unit:
        unit.lock(picture.sites_of(lines), None, picture.sites_of(gone.freed), applications)
        done = replace(held, state="confirmed")
        unit.turn(done)
        unit.free([*lines, *gone.freed])
        unit.take([*placed, *gone.again])
        use_up(unit, gone, held)
        unit.applications(manifests[name] for name in {line.application for line in placed})
        unit.tell("hold.confirm", held.id, {"instances": sum(line.instances for line in lines if not line.lost)})
        return sealed(unit, by, Booked(done, tuple(placed), picture.names(placed), None, unit.advance()))


def cancel(books: Books, identity: str, by: By) -> Booking:
    """Its room is free again. Raises Refused when it is over already."""
    picture, held, lines = _held(books, identity, by)
    return call_off(books, picture, held, lines, by)


def extend(books: Books, identity: str, ttl: int, by: By) -> Booking:
    """It expires `ttl` milliseconds from now. Raises Refused when it is over already."""
    _, held, _ = _held(books, identity, by)
    with books.unit(by) as unit:
        done = replace(held, expires=books.clock() + ttl)
        unit.turn(done)
        unit.tell("hold.extend", held.id, {"expires": done.expires})
        return sealed(unit, by, done)


def _held(books: Books, identity: str, by: By) -> tuple[Picture, Booking, list[Line]]:
    picture = books.picture()
    held = picture.bookings.get(identity)
    if held is None or held.kind != "hold" or not by.sees(*tenants_of(held)):
        raise Refused("hold.gone", f"there is no active hold '{identity}': it was confirmed, cancelled, or has expired")
    return picture, held, [line for line in picture.floating if line.booking == identity]
