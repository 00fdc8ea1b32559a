"""Replay: a decision of the past is made again from the books, and must give the same plan."""

from __future__ import annotations

import json
from dataclasses import dataclass

from planner.inventory.calendar import in_slices
from planner.ledger.ahead import Ahead
from planner.ledger.books import Books, By
from planner.ledger.commit import recalled
from planner.ledger.decide import VERSION
from planner.ledger.hot import Hot
from planner.ledger.lines import lines_of
from planner.manifests.application import Application
from planner.plans.plan import Plan, SolveOptions
from planner.plans.solve import solve
from planner.store import decisions


@dataclass(frozen=True, slots=True)
class Replayed:
    """plan: as it was decided. again: as it is made now. same: they place the same. version: that decided; here: that
    replays."""

    plan: Plan
    again: Plan
    same: bool
    version: str
    here: str


def replay(books: Books, identity: str) -> Replayed:
    """On the books of its generation, with its request, by the effort that it spent. Raises Refused when unknown."""
    kept = decisions.recall(books.database, identity)
    request = json.loads(kept.request)
    plan = Plan.model_validate_json(kept.plan)
    with books.database.reading() as connection:
        picture = Hot(connection, kept.generation).picture
    if after := request.get("after"):
        ahead = Ahead(picture)
        for other in after:
            before = recalled(books, ahead.picture, other, By("replay"))
            ahead.take(
                lines_of(ahead.picture, before, "", "allocation"),
                {each.id: each for each in before.applications},
                other,
            )
        picture = ahead.picture
    start, ends = request["window"]
    snapshot = picture.view(start, ends, request["without"])
    applications = [in_slices(Application.model_validate(each)) for each in request["applications"]]
    options = SolveOptions.model_validate(request["options"])
    options = options.model_copy(update={"effort": plan.parameters.effort, "at": None})
    again = solve(snapshot, applications, options)
    same = (again.placements, again.unplaced) == (plan.placements, plan.unplaced)
    return Replayed(plan, again, same, kept.version, VERSION)
