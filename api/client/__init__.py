"""The placement API for Python, waiting or awaiting: `with Client("http://bayplan:8000", key) as client: ...`.

A call returns what the service answers as a typed model, or raises a typed error. It is repeated, with growing pauses,
while the service is busy or cannot be reached; what books has an idempotency key, so a repeat books nothing twice.
"""

from __future__ import annotations

from api.client.calls import Terms
from api.client.drivers import Awaiting, Blocking
from api.client.errors import Busy, Invalid, NotAllowed, Problem, Refused, ServiceError, Unknown, Unreachable
from api.client.operations import Lines, Listing, Operation
from api.client.routes import books, placed, plans, searches, stock

__all__ = [
    "AsyncClient", "Busy", "Client", "Invalid", "NotAllowed", "Problem", "Refused", "ServiceError", "Terms", "Unknown",
    "Unreachable",
]  # fmt: skip


class _Operations:
    """What both clients can do."""

    health = Operation(plans.health)
    solve = Operation(plans.solve)
    book = Operation(plans.book)
    explain = Operation(plans.explain)
    explain_lines = Lines(plans.explain_lines)
    commit = Operation(plans.commit)
    promote = Operation(searches.promote)
    solve_later = Operation(searches.solve_later)
    explain_later = Operation(searches.explain_later)
    plan = Operation(searches.plan)
    explanation = Operation(searches.explanation)
    cancel_plan = Operation(searches.cancel_plan)
    plan_events = Lines(searches.plan_events)
    wait = Operation(searches.wait)
    reserve = Operation(books.reserve)
    reservations = Listing(books.reservations)
    cancel_reservation = Operation(books.cancel_reservation)
    hold = Operation(books.hold)
    confirm_hold = Operation(books.confirm_hold)
    cancel_hold = Operation(books.cancel_hold)
    extend_hold = Operation(books.extend_hold)
    release = Operation(books.release)
    holds = Listing(stock.holds)
    sites = Listing(stock.sites)
    site = Operation(stock.site)
    change_site = Operation(stock.change_site)
    servers = Listing(stock.servers)
    server = Operation(stock.server)
    change_server = Operation(stock.change_server)
    applications = Listing(stock.applications)
    application = Operation(stock.application)
    allocations = Listing(stock.allocations)
    usage = Listing(stock.usage)
    audit = Listing(stock.audit)
    deliveries = Operation(placed.deliveries)
    deliver = Operation(placed.deliver)
    end_delivery = Operation(placed.end_delivery)
    observe = Operation(placed.observe)


class Client(_Operations, Blocking):
    """Waits for each answer."""


class AsyncClient(_Operations, Awaiting):
    """The same, awaited."""
