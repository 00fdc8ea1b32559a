"""Commit: plan and book at once, or book a plan that was made before."""

from __future__ import annotations

import json
from collections.abc import Sequence

from planner.ledger.answer import Booked
from planner.ledger.book import allocation, attempts, book, decided, eligible_sites
from planner.ledger.books import Books, By
from planner.ledger.consume import promises
from planner.ledger.decide import Decision, Window, decide
from planner.ledger.picture import Picture
from planner.ledger.refusal import refusal
from planner.ledger.refused import Stale
from planner.manifests.application import Application
from planner.plans.plan import Plan, SolveOptions
from planner.plans.solve import Show
from planner.store import decisions
from planner.store.unit import Unit


def plan(
    books: Books, applications: Sequence[Application], options: SolveOptions, by: By, show: Show | None = None
) -> Decision:
    """A plan on the books of now, kept so that it can be booked by its name, and repeated. Nothing is booked."""
    decision = decide(books.picture().seen_by(by.tenants), applications, options, books.clock(), by.actor, show=show)
    decisions.record(books.database, decided(decision))
    return decision


def commit(
    books: Books,
    applications: Sequence[Application],
    options: SolveOptions,
    by: By,
    *,
    retries: int = 3,
    show: Show | None = None,
) -> Booked:
    """Place and book the applications; their tenant's matching reservations are used first.

    Raises InvalidInput, Refused when not all fits, Stale when `retries` races were lost."""

    def do(picture: Picture, work: Unit | None) -> Booked:
        decision = decide(picture, applications, options, books.clock(), by.actor, show=show)
        if not decision.complete:
            raise refusal(picture, decision)
        return book(books, picture, decision, allocation(decision), by, work)

    return attempts(books, by, lambda picture: eligible_sites(picture, applications), retries, do)


def commit_plan(books: Books, identity: str, by: By, *, retries: int = 0) -> Booked:
    """Book a plan by its name. Raises Refused for an unknown plan and for one that leaves something out, and Stale when
    what it was made on has changed since; with `retries` its applications are planned again, so often at most."""
    picture = books.picture().seen_by(by.tenants)
    decision = recalled(books, picture, identity, by)
    if not decision.complete:
        raise refusal(picture, decision)
    try:
        return book(books, picture, decision, allocation(decision), by)
    except Stale:
        if not retries:
            raise
        return commit(books, decision.applications, decision.options, by, retries=retries - 1)


def recalled(books: Books, picture: Picture, identity: str, by: By) -> Decision:
    """A decision that was kept. Raises Refused when there is none, or none of the tenants of who asks."""
    kept = decisions.recall(books.database, identity)
    request = json.loads(kept.request)
    applications = tuple(Application.model_validate(each) for each in request["applications"])
    if not by.sees(*(each.metadata.namespace for each in applications)):
        raise decisions.unknown(identity)
    without = tuple(request["without"])
    made = Plan.model_validate_json(kept.plan)
    used, window = set(without), Window(*request["window"])
    own = promises(picture, applications, window.start, window.ends)
    return Decision(
        at=kept.at,
        actor=kept.actor,
        generation=kept.generation,
        applications=applications,
        options=SolveOptions.model_validate(request["options"]),
        window=window,
        without=without,
        promises=tuple(each for each in own if {line.id for line in each.lines} <= used),
        named=frozenset({each.id for each in applications} | {row.application for row in made.placements}),
        plan=made,
    )
