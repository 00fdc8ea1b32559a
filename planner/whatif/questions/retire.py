"""Retire: can these sites be given up, and where does what runs there go, by all of its rules?"""

from __future__ import annotations

from collections.abc import Sequence

from planner.manifests.manifest import Manifest
from planner.plans.check import check
from planner.plans.plan import SolveOptions
from planner.plans.solve import solve
from planner.whatif.base import Base
from planner.whatif.future import Future
from planner.whatif.manifest import Change
from planner.whatif.manifest import Retire as Given
from planner.whatif.questions.placed import Delivery, delivered
from planner.whatif.replan import NO_TIME, evacuated
from planner.whatif.result import Lost, Refused
from planner.whatif.scenarios import Scenario
from planner.whatif.score import row_of, worked_out

EFFORT = 32


class Retire(Manifest):
    """can: everything that runs or is reserved there has a place elsewhere, by all rules; proven: if not, then in no
    plan.

    lost: what is given up. moves: what goes where of that which runs; cost: of that, in prices of a vCPU. refused: the
    rest."""

    can: bool
    proven: bool
    lost: Lost
    moves: list[Delivery]
    cost: float
    refused: list[Refused]


def retire(base: Base, sites: Sequence[str], seed: int = 0) -> Retire:
    """Raises InvalidInput when a site is not there."""
    change = Change(retire=Given(sites=list(sites)))
    future = Future.of(base, Scenario("retire", (change,), "everything", 0, EFFORT, seed))
    snapshot, asked = evacuated(future)
    plan = solve(snapshot, asked, SolveOptions(effort=EFFORT, time_limit=NO_TIME, workers=1, seed=seed))
    if found := check(snapshot, asked, plan):
        raise RuntimeError(f"the referee rejects the plan: {found[0].message}")
    by_id = {each.id: each for each in asked}
    refused = [row_of(by_id[row.application], row.demand or 0, row.instances, row.reason) for row in plan.unplaced]
    proven = not refused or not plan.objective[0].gap
    if future.lost.reserved or future.lost.amounts:
        promised = worked_out(base, Scenario("retire", (change,), "failover", 0, EFFORT, seed))
        short = [row for row in promised.refused if row.reservation]
        refused, proven = refused + short, proven and not (short and promised.score and not promised.score.proven)
    cost = {term.name: term.value for term in plan.objective}.get("cost", 0.0)
    return Retire(
        can=not refused,
        proven=proven,
        lost=future.lost,
        moves=delivered(snapshot, plan),
        cost=cost,
        refused=refused,
    )
