"""Plans by patterns: contents from the bound, in whole servers, laid out over domains, then seated."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from itertools import islice

import numpy as np

from solver.constraints import Apart, Children, Quota, Together
from solver.objective import terms
from solver.patterns.bound import Patterns
from solver.patterns.bounds import Bounds
from solver.patterns.decide import decide
from solver.patterns.dive import dive
from solver.patterns.floor import Floor, Layout
from solver.patterns.generate import Generated
from solver.patterns.integer import whole
from solver.patterns.neighbourhood import Neighbourhood
from solver.patterns.seating import seat
from solver.problem import Placement, Problem, Then
from solver.referee import violations

FIRST, EACH = 2.0, 0.5
"""CP-SAT's deterministic time for the first layout and for each neighbourhood."""
ROUNDS = 10
"""Rounds of column generation in a step."""
DIVES, WHOLE = 32, {0, 4, 16, 31}
"""Attempts at whole servers, and which of them ask the integer master instead of diving."""
MANY = 256
"""Attempts where there are many items: what is left of the time pays best there."""
FEW = 40
"""Items up to which the integer master is asked: its plans have fewer different contents, but it is slow with many."""
NODES = 1_000
"""Nodes of the first attempt to decide whether the bound can be reached; each further one has four times as many."""
MODES = 6
"""Modes of a workload up to which contents are looked for."""
PATIENCE = 60
"""Neighbourhoods without success after which a plan is left as it is."""


@dataclass(frozen=True, slots=True)
class Step:
    """What a step of work found. plan: a better one that the referee accepts. bounds: for plans that leave out nothing
    avoidable, that is, `then` holds when all is placed."""

    plan: Placement | None = None
    bounds: Bounds | None = None


def plans(problem: Problem, left: Callable[[], float], seed: int = 0) -> Iterator[Step]:
    """One step of work after the other: first contents of servers and what they bound, then plans.

    Ends when nothing better is expected or no seconds are `left`; what the clock cut short is not taken, so the
    same steps give the same plans. What finds no slot is left out, in whole blocks, for construction and
    improvement to place. No steps at all when the problem does not suit: children, quotas, obligations, or more
    resources than can be priced.
    """
    patterns = Patterns.of(problem) if suits(problem) else None
    known = (yield from _columns(patterns, problem.then, left)) if patterns is not None else None
    times = (yield from _whole(problem, known, left, seed)) if known is not None else None
    if known is not None and times and left() > 0:
        floor, counted = _floor(problem, known, times)
        yield from _arranged(floor, counted, _goal(known), left, seed)


def suits(problem: Problem) -> bool:
    """No children, quotas or obligations, and few modes."""
    if int(np.diff(problem.modes).max(initial=0)) > MODES:
        return False
    asked = set(np.flatnonzero(problem.count).tolist())
    tied = any(isinstance(rule, Children | Quota) and asked & set(rule.subjects) for rule in problem.rules)
    return bool(asked) and not tied and not problem.must.any()


def _columns(
    patterns: Patterns, then: Then | None, left: Callable[[], float]
) -> Generator[Step, None, Generated | None]:
    """Contents for the second term when the relaxation can place everything, else for the first."""
    known = yield from _generated(patterns.rounds(None, 0), None, left)
    if known is None or known.bound or then is None:
        return known
    return (yield from _generated(patterns.rounds(then, 0), then, left))


def _generated(
    rounds: Iterator[Generated], term: Then | None, left: Callable[[], float]
) -> Generator[Step, None, Generated | None]:
    for number, known in enumerate(rounds, 1):
        if left() <= 0:
            return None
        if known.complete or number % ROUNDS == 0:
            yield Step(
                bounds=Bounds(known.bound, None, "patterns") if term is None else Bounds(0, known.bound, "patterns")
            )
        if known.complete:
            return known
    return None


def _whole(
    problem: Problem, known: Generated, left: Callable[[], float], seed: int
) -> Generator[Step, None, dict[int, int] | None]:
    """How often each column is used in whole servers: by dives, and by the integer master over all that they found; by
    what decides whether the bound can be reached, once a dive has missed it.

    With many items, where this takes long, what is good but not the best comes as a plan at once."""
    rng, work = np.random.default_rng(seed), known.work
    best: dict[int, int] | None = None
    few, nodes, again = len(known.master.relaxation.items) <= FEW, NODES, 2
    for attempt in range(DIVES if few else MANY):
        score = math.inf if best is None else _score(known, best)
        if score <= work.bound or left() <= 0:
            break
        if attempt:
            yield Step()
        if attempt >= again and work.relaxation.term is not None:
            found, refuted = decide(work, nodes, left())
            nodes, again = (NODES, attempt + 2) if refuted else (4 * nodes, 2 * attempt + 2)
            if refuted and left() > 0:
                yield from _generated(work.refute(), work.relaxation.term, left)
        elif few and attempt in WHOLE:
            found = whole(known.master, left())
        else:  # one settles for anything, so that there is a plan
            goal = math.inf if attempt == 1 and best is None else min(work.bound + attempt // 8, score - 1)
            found = dive(work, goal, left, rng)
        if found is not None and _score(known, found) < score:
            best = found
            if not few and _score(known, best) > work.bound and left() > 0:
                yield from islice(_arranged(*_floor(problem, known, best), _goal(known), left, seed), 1)
    return best


def _score(known: Generated, times: dict[int, int]) -> float:
    """The relaxation's term, for whole servers."""
    master, asked = known.master, known.master.relaxation.items
    cost, placed = 0.0, np.zeros(len(asked), np.int64)
    for row, used in times.items():
        kind, contents = master.columns[row]
        cost += master.relaxation.cost(kind, contents) * used
        placed += used * np.bincount(asked.owner, contents[:-1], len(asked)).astype(np.int64)
    left_out = int(asked.weight @ np.maximum(asked.wanted - placed, 0))
    return cost + (left_out if master.relaxation.term is None else 0)


def _floor(problem: Problem, known: Generated, times: dict[int, int]) -> tuple[Floor, dict[int, int]]:
    """The contents worth considering, and how often the integer master uses each of them."""
    master = known.master
    width = max(
        0.1 * master.relaxation.unit, _score(known, times) - known.work.bound if master.relaxation.term else 0.0
    )
    chosen = sorted({*master.near(width), *times})
    floor = Floor.of(problem, master, chosen, _level(problem))
    return floor, {position: times[row] for position, row in enumerate(chosen) if row in times}


def _goal(known: Generated) -> tuple[int, int]:
    """(-worth, cost) that no layout beats."""
    relaxation = known.master.relaxation
    worth = int(relaxation.items.weight @ relaxation.items.wanted)
    return (known.work.bound - worth, sys.maxsize) if relaxation.term is None else (-worth, known.work.bound)


def _level(problem: Problem) -> int:
    """Whose domains are laid out: of the rules that tie workloads to domains, else the finest with few of them."""
    levels = [rule.level for rule in problem.rules if isinstance(rule, Together | Apart) and rule.level]
    few = [level for level, size in enumerate(problem.topology.sizes) if level and 1 < size <= 500]
    return min(levels or few, default=len(problem.topology.sizes) - 1)


def _arranged(
    floor: Floor, times: dict[int, int], goal: tuple[int, int], left: Callable[[], float], seed: int
) -> Iterator[Step]:
    """Laid out first as the integer master counts the contents, then with a few domains at a time laid out anew.

    The number of domains grows while CP-SAT finishes with them, and shrinks while it does not. While some of what
    has a place in the layout finds no seat, another layout as good as this one is welcome.
    """
    start = floor.anyhow(times)
    best = Neighbourhood(floor, start, floor.domains, times).solve(None, True, FIRST, left(), seed)[0] or start
    if left() <= 0:
        return
    rng, width, failed = np.random.default_rng(seed), min(8, len(floor.domains)), 0
    plan, unseated, reached = _seated(floor, best, goal)
    yield Step(plan)
    while failed < PATIENCE and not reached:
        domains = rng.choice(floor.domains, width, replace=False).tolist()
        draw = int(rng.integers(1 << 30))
        found, complete = Neighbourhood(floor, best, domains).solve(best, unseated == 0, EACH, left(), draw)
        if left() <= 0:
            return
        failed += 1
        if found is not None:
            plan, missing, reached = _seated(floor, found, goal)
            better = found.worth - missing > best.worth - unseated or unseated == 0
            best, unseated, failed = found, missing, 0 if better else failed
            yield Step(plan)
        else:
            yield Step()
        if complete and width == len(floor.domains) and not unseated:
            return
        width = min(width + 1, len(floor.domains)) if complete else max(width - 1, min(2, len(floor.domains)))


def _seated(floor: Floor, layout: Layout, goal: tuple[int, int]) -> tuple[Placement, int, bool]:
    """(a plan that the referee accepts, worth that has a place in the layout and none in the plan, is it the goal?)."""
    problem = floor.problem
    plan = _clean(problem, seat(floor, layout))
    left_out, *others = terms(problem)
    then = [term.value(problem, plan) for term in others if term.name == problem.then]
    placed = floor.all_worth - left_out.value(problem, plan)
    return plan, max(layout.worth - placed, 0), (-placed, *then, 0)[:2] <= goal


def _clean(problem: Problem, placement: Placement) -> Placement:
    """Without the workloads that the referee objects to: rules that seating does not know."""
    while found := violations(problem, placement):
        wrong = [workload for violation in found for workload in violation.workloads]
        keep = ~np.isin(problem.owner(placement.mode), wrong)
        if keep.all():
            return Placement.empty()
        placement = Placement(placement.mode[keep], placement.node[keep], placement.instances[keep])
    return placement
