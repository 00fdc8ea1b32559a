"""Why a request does not fit: at once by bounds, then by proof, then with what would make it fit."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence

from pydantic import Field

from planner.explain.case import Case
from planner.explain.explanation import Conflict, Explanation, Status
from planner.explain.offers import Refusal, offers
from planner.explain.sentences import sentences
from planner.explain.tally import tally
from planner.inventory.snapshot import Snapshot
from planner.manifests.application import Application, Manifest
from planner.plans.reasons import Reasons
from planner.plans.words import joined
from solver import explain as engines
from solver.construct import construct
from solver.problem import Placement
from solver.solve import Limits, solve


class ExplainOptions(Manifest):
    """Seconds for the proof, and for counter-offers; 0 leaves them out."""

    proof: float = Field(3.0, ge=0, le=600)
    counter_offers: float = Field(10.0, ge=0, le=600)


def explained(
    snapshot: Snapshot, applications: Sequence[Application], options: ExplainOptions
) -> Iterator[Explanation]:
    """One request, each time more is known about it: by bounds, by proof, and with each further counter-offer."""
    begin = time.perf_counter()
    case = Case.of(snapshot, applications)
    search = engines.Search(case.system, engines.order(case.system), _until(begin + 3600))
    plan = construct(case.question.problem)
    if search.witness(plan, case.system.everything):
        yield _answer(case, applications, "fits", plan, begin)
        return
    found = engines.quick(search)
    now = _answer(case, applications, "infeasible" if found else "unknown", plan, begin)
    now = now.model_copy(update={"conflict": _told(case, found)})
    yield now
    if options.proof:
        now, found = _proven(case, search, now, found, options.proof)
        yield now
    if now.status != "infeasible" or now.conflict is None or not options.counter_offers:
        return
    refusal = Refusal(snapshot, tuple(applications), case, now.conflict, time.perf_counter() + options.counter_offers)
    start = time.perf_counter()
    for offer in offers(refusal):
        seconds = {**now.seconds, "counterOffers": round(time.perf_counter() - start, 4)}
        now = now.model_copy(update={"counter_offers": [*now.counter_offers, offer], "seconds": seconds})
        yield now


def _until(moment: float) -> Callable[[], float]:
    return lambda: moment - time.perf_counter()


def _answer(
    case: Case, applications: Sequence[Application], status: Status, plan: Placement, begin: float
) -> Explanation:
    names = [application.id for application in applications]
    seconds = {"answer": 0.0}
    made = Explanation(applications=names, status=status, headline=f"{joined(names)}: everything fits", seconds=seconds)
    if status != "fits":
        made = made.model_copy(
            update={"headline": _headline(case, plan), "tallies": [tally(case, w) for w in case.asked]}
        )
    return made.model_copy(update={"seconds": {"answer": round(time.perf_counter() - begin, 4)}})


def _headline(case: Case, plan: Placement) -> str:
    """The reason that a plan gives for the first workload that is left out."""
    problem = case.question.problem
    reasons = Reasons(case.question, plan)
    left = [w for w in case.asked if reasons.standing.placed([w]) < problem.count[w]]
    workload = (left or case.asked)[0]
    return f"{case.question.workloads[workload].application}: {reasons.of(workload)}"


def _told(case: Case, found: engines.Conflict | None) -> Conflict | None:
    if found is None:
        return None
    return Conflict(
        facts=[case.told[name] for name in found.facts],
        sentences=sentences(case, found.facts),
        proven=found.proven,
        minimal=found.minimal,
        engine=found.engine,
    )


def _proven(
    case: Case, search: engines.Search, now: Explanation, found: engines.Conflict | None, seconds: float
) -> tuple[Explanation, engines.Conflict | None]:
    """Bounds are held against CP-SAT; where they are silent, a plan is searched for, and then the proof that there is
    none."""
    begin = time.perf_counter()
    search.left = _until(begin + seconds)
    status: Status = "infeasible"
    if found is not None:
        found = engines.checked(search, found)
    if found is None:
        limits = Limits(time.perf_counter, seconds=seconds / 3, gap=0.0, lanes=1)
        plan = solve(case.question.problem, limits).placement
        if not search.witness(plan, case.system.everything):
            found = engines.thorough(search)
        status = "fits" if search.known(case.system.everything) else "infeasible" if found else "unknown"
    spent = {**now.seconds, "proof": round(time.perf_counter() - begin, 4)}
    return now.model_copy(update={"status": status, "conflict": _told(case, found), "seconds": spent}), found
