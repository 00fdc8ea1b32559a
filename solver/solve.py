"""Solve: construct, bound, improve, referee. Problem in, Result out."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Literal

from solver import referee
from solver.assessment import Assessment, Objective
from solver.bound import bounds, per_term, quick_bounds
from solver.construct import construct, gently
from solver.exact import WORK, exact, small
from solver.failover import Replans, concerned, frame, protected, tidied
from solver.improve import Search
from solver.narrow import Narrow, cheap, usable
from solver.objective import COUNTS, soft_rules, terms
from solver.patterns import plans, suits
from solver.problem import Placement, Problem

Status = Literal["optimal", "feasible", "infeasible", "unknown"]
ENOUGH = {"unplaced": 0.0, "soft": 0.0, "moves": 0.0, "cost": 0.01, "fewest-servers": 0.0, "largest-slots": 0.0}
"""Gap per term at which a search stops of itself."""
BOUND = 0.3
"""Part of the seconds after which bounds are as good as they get."""
STARTING = 3
"""Times as long as the referee takes, up to which a search is not worth starting."""
PATIENCE = 40
"""Steps without a better plan after which a search for less cost is given up, unless a gap is asked for."""
AGAIN = 10
"""Steps after which a small problem is given to CP-SAT once more, with twice the work; then after twice as many."""


@dataclass(frozen=True, slots=True)
class Limits:
    """When to stop. clock: seconds, from the caller. effort: steps of improvement, instead of seconds.

    gap: good enough for every term (None: see ENOUGH). lanes: searches side by side. stop: asked between steps, whether
    to end with what there is, whatever is left. afterwards: of the seconds, how many the caller needs for such a
    placement once it has it.
    """

    clock: Callable[[], float]
    seconds: float = 10.0
    effort: int | None = None
    gap: float | None = None
    lanes: int = 2
    seed: int = 0
    stop: Callable[[], bool] = lambda: False
    afterwards: Callable[[Placement], float] = lambda placement: 0.0


@dataclass(frozen=True, slots=True)
class Result:
    """effort: steps of improvement that were taken. seconds: per stage."""

    placement: Placement
    status: Status
    objective: tuple[Objective, ...]
    effort: int
    seconds: dict[str, float]

    @property
    def gap(self) -> float:
        """Of the first term that is not proven."""
        return next((term.gap for term in self.objective if term.gap), 0.0)


Report = Callable[[str, Assessment], None]


def solve(problem: Problem, limits: Limits, report: Report = lambda stage, now: None) -> Result:
    """The best plan that the limits allow, with its bounds. Raises RuntimeError when the referee objects to it."""
    run = _begun(problem, limits, report)
    if not run.enough() and small(run.problem):
        run.step("exact", lambda: run.prove(lambda: math.inf))
    run.step("referee", run.referee)
    if not run.enough():
        run.step("improve", run.replan)
        run.step("bound", run.bound)
    if run.goes_on(steps=0, stale=0) and run.left() > STARTING * run.seconds["referee"]:
        run.step("improve", run.improve)
    run.step("referee", run.referee)
    return run.result()


def _begun(problem: Problem, limits: Limits, report: Report) -> _Run:
    """Constructed, with a quick bound: on the cheapest nodes if that is all there is to do, else on all that matter."""
    start = limits.clock()
    near = cheap(problem)
    run = _Run(near or usable(problem), problem, limits, report, start)
    run.begin()
    if near and (run.best.values[0] or run.goes_on(steps=0, stale=0)):
        run = _Run(usable(problem), problem, limits, report, start)
        run.begin()
    return run


@dataclass
class _Run:
    """narrow: what it works on. asked: the whole problem."""

    narrow: Narrow
    asked: Problem
    limits: Limits
    report: Report
    start: float
    seconds: dict[str, float] = field(default_factory=dict)
    effort: int = 0

    def __post_init__(self) -> None:
        self.problem, self.work = self.narrow.problem, WORK
        self.seconds["construct"] = self.limits.clock() - self.start
        self.again = AGAIN if small(self.problem) else sys.maxsize
        self.others = Replans(self.problem, self.limits.seed)
        self.reserve = 0.0
        self.terms = terms(self.problem)
        self.passed: Placement | None = None
        self.best = self._assess(self.problem.home, tuple(0 for _ in self.terms))

    def _assess(self, placement: Placement, known: tuple[int, ...]) -> Assessment:
        values = tuple(term.value(self.problem, placement) for term in self.terms)
        return Assessment(self.problem, placement, values, known)

    def step(self, name: str, action: Callable[[], object]) -> None:
        begin = self.limits.clock()
        action()
        self.seconds[name] = self.seconds.get(name, 0.0) + self.limits.clock() - begin
        self.report(name, self.best)

    def begin(self) -> None:
        self.step("construct", self.construct)
        self.step("bound", lambda: self.raise_bounds(quick_bounds(self.problem, self.best.values)))

    def construct(self) -> None:
        self.offer(protected(self.problem, self.limits.seed))
        if soft_rules(self.problem) and not len(self.problem.home) and not concerned(self.problem):
            self.offer(gently(self.problem, self.limits.seed))

    def offer(self, placement: Placement) -> None:
        """Take a placement when it is better. Bounds stay valid: the plans that leave out less are among those that
        they were proven for."""
        found = self._assess(placement, self.best.bounds)
        if found.values < self.best.values:
            self.best = found

    def raise_bounds(self, known: tuple[int, ...]) -> None:
        """The highest of what is known, term by term."""
        rest = self.best.bounds[len(known) :]
        self.best = replace(self.best, bounds=(*map(max, self.best.bounds, known), *rest))

    def enough(self) -> bool:
        tolerance = self.limits.gap
        return all(
            term.gap <= (ENOUGH[term.name] if tolerance is None else tolerance) for term in self.best.objective()
        )

    def goes_on(self, steps: int, stale: int) -> bool:
        """With `effort` every step is taken, so that a plan can be made again, unless nothing better exists.

        stale: steps without a better plan; when it is only about cost, many of them are enough.
        """
        terms = self.best.objective()
        if self.limits.effort is not None:
            return steps < self.limits.effort and any(term.gap for term in terms)
        before_cost = any(term.gap for term in terms[:-1])
        patient = self.limits.gap is not None or self.problem.then != "cost" or before_cost or stale < PATIENCE
        return bool(patient) and not self.enough()

    def left(self) -> float:
        """Seconds, but for those that the referee and the caller take."""
        if self.limits.stop():
            return 0.0
        if self.limits.effort is not None:
            return math.inf
        return self.limits.seconds - self.reserve - (self.limits.clock() - self.start)

    def time_is_up(self) -> bool:
        return self.left() <= 0

    def bound(self) -> None:
        """With a part of the seconds only, also by effort: a bound never changes which plan is found. It takes about as
        long as constructing did, at least. Plans by patterns bring their own when all is placed."""
        if (
            self.problem.then in COUNTS
            and self.best.values[0] == 0
            and suits(self.problem)
            and not concerned(self.problem)
        ):
            return
        if self.left() <= self.seconds["construct"]:
            return
        until = self.limits.clock() + min(self.limits.seconds * BOUND, max(self.left(), 0.0))
        self.raise_bounds(self._bounds(lambda: self.limits.clock() >= until or self.limits.stop()))

    def _bounds(self, stop: Callable[[], bool]) -> tuple[int, ...]:
        return bounds(self.problem, self.best.values, stop, self.left)

    def prove(self, left: Callable[[], float]) -> bool:
        """One attempt by CP-SAT on the whole problem, twice as long as the one before; False when the clock cut it."""
        found = exact(self.problem, left, self.limits.seed, self.work)
        if found.placement is not None:
            self.offer(found.placement)
            self.best = self._assess(tidied(self.problem, self.best.placement, self.terms), self.best.bounds)
        self.raise_bounds(found.bounds)
        self.work *= 2
        return not found.cut

    def improve(self) -> None:
        """Search; from new, once there is a better plan of what has restarts."""
        out = self.best.values[0]
        while self.replan() or self._searched():
            pass
        if self.best.values[0] < out and not self.enough() and self.left() > 2 * self.seconds["bound"]:
            self.raise_bounds(self._bounds(self.time_is_up))

    def replan(self) -> bool:
        """Another plan of what has restarts, when there is one; whether it was better."""
        if not self.goes_on(self.effort, stale=0):
            return False
        before, found = self.best.values, self.others.next(self.best.placement, self.time_is_up)
        if found is None:
            return False
        self.effort += 1
        self.offer(found)
        self.report("improve", self.best)
        return self.best.values < before

    def _searched(self) -> bool:
        """Turn by turn a plan by patterns, where counts of servers are the goal, and a round of search; from time to
        time CP-SAT on a small problem. Each is a unit of effort, and one that the clock cuts short does not count.
        While there is time for one more and for the referee, and until restarts are better elsewhere: then True."""
        limits, (fixed, start) = self.limits, frame(self.problem, self.best.placement)
        by_patterns = plans(fixed.problem, self.left, limits.seed) if self.problem.then in COUNTS else iter(())
        known, whole = self.best.bounds, fixed.problem is self.problem
        longest, stale = 0.0, 0
        with Search(fixed.problem, start, limits.lanes, limits.seed) as search:
            while self.goes_on(self.effort, stale) and self.left() > longest:
                before = self.best.values
                for found in islice(by_patterns, 1):
                    self.effort += 1
                    if found.plan is not None:
                        filled = construct(fixed.problem, limits.seed, found.plan)
                        self.offer(fixed.whole(filled))
                        search.go_on_from(filled)
                    if found.bounds is not None and whole:
                        known = tuple(map(max, known, per_term(self.problem, found.bounds, 0)))
                self.raise_bounds(known if self.best.values[0] == 0 else known[:1])
                if self.effort >= self.again and self.goes_on(self.effort, stale):
                    if not self.prove(self.left):
                        break
                    self.effort, self.again = self.effort + 1, 2 * self.again
                    if whole:
                        search.go_on_from(self.best.placement)
                    elif self.best.values < before:
                        return True
                if self.goes_on(self.effort, stale) and not self.time_is_up():
                    begin = limits.clock()
                    self.offer(fixed.whole(search.round()))
                    self.effort += 1
                    longest = max(longest, limits.clock() - begin)
                if self.replan():
                    return True
                stale = stale + 1 if self.best.values == before else 0
                self.report("improve", self.best)
        return False

    def referee(self) -> None:
        """On the problem as it was asked."""
        if self.best.placement is self.passed:
            return
        begin = self.limits.clock()
        found = referee.violations(self.asked, self.narrow.whole(self.best.placement))
        took = self.limits.clock() - begin
        self.reserve = max(self.reserve, took + self.limits.afterwards(self.best.placement))
        self.passed = self.best.placement
        if found:
            raise RuntimeError(f"the referee rejects the plan: {found[:3]}")

    def result(self) -> Result:
        objective = self.best.objective()
        return Result(
            self.narrow.whole(self.best.placement), self._status(objective), objective, self.effort, self.seconds
        )

    def _status(self, objective: tuple[Objective, ...]) -> Status:
        asked = self.terms[0].whole(self.problem, 0)
        if asked and self.best.values[0] == asked:
            return "unknown" if objective[0].gap else "infeasible"
        return "feasible" if any(term.gap for term in objective) else "optimal"
