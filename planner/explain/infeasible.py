"""Why a request does not fit: at once by bounds, then by proof, then with what would make it fit."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence

from pydantic import Field

from planner.explain.case import Case
from planner.explain.explanation import Conflict, Explanation, Status
from planner.explain.facts import ELSEWHERE
from planner.explain.horizon import EVERYTHING, Horizon
from planner.explain.offers import Refusal, offers
from planner.explain.sentences import sentences
from planner.explain.tally import tally
from planner.inventory.snapshot import Snapshot
from planner.manifests.application import Application
from planner.manifests.manifest import Manifest
from planner.plans.reasons import Reasons
from planner.plans.room import room
from planner.plans.words import joined
from solver import explain as engines
from solver.construct import construct
from solver.problem import Placement
from solver.solve import Limits, solve


class ExplainOptions(Manifest):
    """Seconds for the proof, and for counter-offers; 0 leaves them out."""

    proof: float = Field(3.0, ge=0, le=600)
    counter_offers: float = Field(8.0, ge=0, le=600)


def explained(
    snapshot: Snapshot, applications: Sequence[Application], options: ExplainOptions, horizon: Horizon = EVERYTHING
) -> Iterator[Explanation]:
    """One request, each time more is known about it: by bounds, by proof, and with each further counter-offer."""
    begin = time.perf_counter()
    case = Case.of(snapshot, applications)
    search = engines.Search(case.system, engines.order(case.system), _until(begin + 3600))
    found = engines.quick(search)
    if found is None and not case.standby and case.witnessed(search, construct(case.question.problem)):
        yield _fits(applications, begin)
        return
    now = _answer(case, applications, found, begin)
    yield now
    if options.proof:
        now, found = _proven(case, search, now, found, options.proof)
        yield now
    if now.status == "fits" or now.conflict is None or not options.counter_offers:
        return
    until = time.perf_counter() + options.counter_offers
    refusal = Refusal(snapshot, tuple(applications), case, now.conflict, until, horizon)
    start = time.perf_counter()
    for offer in offers(refusal):
        seconds = {**now.seconds, "counterOffers": round(time.perf_counter() - start, 4)}
        now = now.model_copy(update={"counter_offers": [*now.counter_offers, offer], "seconds": seconds})
        yield now


def bounded(case: Case) -> engines.Conflict | None:
    """What bounds alone say, whatever the time."""
    return engines.quick(engines.Search(case.system, engines.order(case.system), lambda: 3600.0))


def _until(moment: float) -> Callable[[], float]:
    return lambda: moment - time.perf_counter()


def _fits(applications: Sequence[Application], begin: float) -> Explanation:
    names = [application.id for application in applications]
    seconds = {"answer": round(time.perf_counter() - begin, 4)}
    return Explanation(applications=names, status="fits", headline=f"{joined(names)}: everything fits", seconds=seconds)


def _answer(
    case: Case, applications: Sequence[Application], found: engines.Conflict | None, begin: float
) -> Explanation:
    made = Explanation(
        applications=[application.id for application in applications],
        status="infeasible" if found else "unknown",
        headline=_headline(case, found),
        conflict=_told(case, found),
        tallies=[tally(case, workload) for workload in case.asked],
    )
    return made.model_copy(update={"seconds": {"answer": round(time.perf_counter() - begin, 4)}})


def _headline(case: Case, found: engines.Conflict | None) -> str:
    """The reason that a plan gives which places nothing, for the first workload in the conflict."""
    reasons = Reasons(case.question, Placement.empty())
    owed = [case.system.owed(name).workloads for name in case.system.of_kind(engines.Owed) if _in(name, found)]
    workloads = owed[0] if owed else case.asked
    known = reasons.question.workloads
    return f"{known[workloads[0]].application}: {reasons.of(_tightest(case, workloads))}"


def _in(name: int, found: engines.Conflict | None) -> bool:
    return found is None or name in found.facts


def _tightest(case: Case, workloads: Sequence[int]) -> int:
    """Of the demand entries of one application, the first that has too little room by itself, or the first."""
    problem = case.question.problem
    short = [w for w in workloads if room(case.question, w, problem.capacity).sum() < problem.count[w]]
    return (short or list(workloads))[0]


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
    told = _told(case, found)
    if found is None:
        limits = Limits(time.perf_counter, seconds=seconds / 3, gap=0.0, lanes=1)
        whole = case.witnessed(search, solve(case.question.problem, limits).placement)
        if not whole:
            found = engines.thorough(search)
        whole = whole or (not case.standby and search.known(case.system.everything))
        told = _told(case, found) or (_beside_standby(case, search) if case.standby and not whole else None)
        status = "fits" if whole else "infeasible" if told and told.proven else "unknown"
    spent = {**now.seconds, "proof": round(time.perf_counter() - begin, 4)}
    return _settled(now, status, told).model_copy(update={"seconds": spent}), found


def _settled(now: Explanation, status: Status, told: Conflict | None) -> Explanation:
    if status == "fits":
        now = now.model_copy(update={"headline": f"{joined(now.applications)}: everything fits", "tallies": []})
    return now.model_copy(update={"status": status, "conflict": told})


def _beside_standby(case: Case, search: engines.Search) -> Conflict:
    """With the standby rules: a smallest conflict where it can be proven; else all that is asked for."""
    found = engines.beside(search, case.standby)
    everything = [name for name, fact in enumerate(case.told) if fact.subject != ELSEWHERE]
    names = found.facts if found else everything
    rules = [case.aside[row] for row in (found.rules if found else range(len(case.aside)))]
    return Conflict(
        facts=[*(case.told[name] for name in names), *rules],
        sentences=[*sentences(case, names), *(fact.message for fact in rules)],
        proven=found is not None,
        minimal=found is not None and found.minimal,
        engine="proof",
    )
