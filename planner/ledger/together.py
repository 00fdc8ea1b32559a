"""Together: many small bookings in one transaction, each planned on what the ones before it take.

Reading what is new, locking sites, and waiting for the disk cost as much for ten bookings as for one. A booking that is
refused, or loses a race, leaves the others as they are; what is not booked then is tried again by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import TypeVar

from planner.ledger.ahead import Ahead
from planner.ledger.answer import Booked
from planner.ledger.book import allocation, book, decided
from planner.ledger.books import Books, By
from planner.ledger.commit import commit
from planner.ledger.decide import Decision, decide
from planner.ledger.lines import lines_of
from planner.ledger.picture import Picture
from planner.ledger.refusal import refusal
from planner.ledger.refused import Refused, Stale
from planner.manifests.application import Application
from planner.plans.plan import SolveOptions
from planner.plans.solve import Show


@dataclass(frozen=True, slots=True)
class Order:
    """What somebody wants to have placed and booked."""

    applications: tuple[Application, ...]
    options: SolveOptions
    by: By
    retries: int = 3


@dataclass(frozen=True, slots=True)
class _Ready:
    """sites: that it books in."""

    order: Order
    picture: Picture
    decision: Decision
    sites: set[int]


Outcome = Booked | Exception
Result = TypeVar("Result")


def commit_together(
    books: Books,
    orders: Sequence[Order],
    show: Show | None = None,
    before: Callable[[], None] = lambda: None,
    each: Callable[[], None] = lambda: None,
) -> list[Outcome]:
    """What became of each: the booking, or why there is none. show: called while they are planned. each: called before
    one is planned. before: called when all is planned, before any of it is booked."""
    found: dict[int, Outcome] = {}
    ready = _planned(books, orders, found, show, each)
    before()
    if len(ready) > 1:
        with suppress(Refused):
            found |= _booked(books, ready)
    books.stir()
    for number, order in enumerate(orders):
        if number not in found:
            each()
            found[number] = _attempt(partial(_alone, books, order, show))
    return [found[number] for number in range(len(orders))]


def _planned(
    books: Books, orders: Sequence[Order], found: dict[int, Outcome], show: Show | None, each: Callable[[], None]
) -> dict[int, _Ready]:
    """Those that can be booked together. found: what is refused already; the rest is better tried alone."""
    ahead, ready = Ahead(books.picture()), dict[int, _Ready]()
    for number, order in enumerate(orders):
        each()
        outcome = _attempt(partial(_plan, books, ahead, order, show))
        if isinstance(outcome, Exception):
            found[number] = outcome
        elif outcome is not None:
            ready[number] = outcome
    return ready


def _plan(books: Books, ahead: Ahead, order: Order, show: Show | None) -> _Ready | None:
    """None when it has to be alone. Raises as `commit` does."""
    picture = ahead.picture.seen_by(order.by.tenants)
    if any(each.id in ahead.picture.snapshot.applications for each in order.applications):
        return None
    decision = decide(picture, order.applications, order.options, books.clock(), order.by.actor, show=show)
    if not decision.complete:
        raise refusal(picture, decision)
    lines = lines_of(picture, decision, "", "allocation")
    if decision.promises or decision.plan.moves or not Ahead.can(picture, lines):
        return None
    decision = replace(decision, after=tuple(ahead.plans))
    ahead.take(lines, {each.id: each for each in order.applications}, decision.plan.plan)
    return _Ready(order, picture, decision, picture.sites_of(lines))


def _booked(books: Books, ready: dict[int, _Ready]) -> dict[int, Outcome]:
    """In one transaction, but for those that lost a race, and what is tied to them: their plans are kept, as later ones
    were made after them. Raises Refused, and then nothing was booked."""
    found, lost = dict[int, Outcome](), set[str]()
    every = list(ready.values())
    with books.unit(every[0].order.by) as unit:
        unit.hold(set().union(*(each.sites for each in every)), set().union(*(each.decision.named for each in every)))
        for number, each in ready.items():
            decision, unit.actor = each.decision, each.order.by.actor
            if decision.named & lost or unit.changed(each.sites, decision.named, decision.generation):
                lost |= {application.id for application in decision.applications}
                unit.keep(decided(decision))
                continue
            found[number] = book(books, each.picture, decision, allocation(decision), each.order.by, unit)
        if not found:
            raise Stale("all of them lost a race")
    return found


def _alone(books: Books, order: Order, show: Show | None) -> Booked:
    return commit(books, order.applications, order.options, order.by, retries=order.retries, show=show)


def _attempt(do: Callable[[], Result]) -> Result | Exception:
    try:
        return do()
    except Exception as error:
        return error
