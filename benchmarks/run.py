"""Runs: a question put to Bayplan, timed, and counted only when the checker has nothing against the plan."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from benchmarks.figures import Figure
from planner.formulate.formulate import formulate
from planner.formulate.question import Question
from planner.inventory.snapshot import Snapshot
from planner.inventory.world import World
from planner.plans.check import check
from planner.plans.plan import ObjectiveTerm, Plan, SolveOptions
from planner.plans.solve import Progress, solve
from solver.objective import terms
from solver.objective.slots import left
from solver.problem import Placement

TOLD_EVERY = 2.0  # seconds


@dataclass(frozen=True, slots=True)
class Asked:
    """A world, ready to be asked. instance: its name in tables."""

    instance: str
    world: World
    snapshot: Snapshot

    @staticmethod
    def of(instance: str, world: World) -> Asked:
        return Asked(instance, world, Snapshot.of(world))

    def question(self, options: SolveOptions) -> Question:
        return formulate(self.snapshot, self.world.applications, options)

    def solve(self, options: SolveOptions) -> Solved:
        """Raises RuntimeError when the checker finds anything."""
        label = f"{self.instance} seed {options.seed}"
        begin = time.perf_counter()
        plan = solve(self.snapshot, self.world.applications, options, watch(label))
        seconds = time.perf_counter() - begin
        found = check(self.snapshot, self.world.applications, plan)
        if found:
            raise RuntimeError(f"{label}: a plan that breaks {len(found)} rules, such as: {found[0].message}")
        tell(f"{label}: {plan.status} after {seconds:.1f} s")
        return Solved(self.instance, options.seed, plan, seconds)


@dataclass(frozen=True, slots=True)
class Solved:
    """A plan without fault."""

    instance: str
    seed: int
    plan: Plan
    seconds: float

    def term(self, name: str) -> ObjectiveTerm:
        return next(term for term in self.plan.objective if term.name == name)

    def figure(self, name: str, measure: str, asked: float | None = None) -> Figure:
        """A term of the objective; with `asked`, what is placed instead of what is left out."""
        term = self.term(name)
        value, bound = (term.value, term.bound) if asked is None else (asked - term.value, asked - term.bound)
        return Figure(self.instance, "bayplan", measure, value, bound, term.gap, self.seed, self.seconds)


def worth(question: Question) -> int:
    """All that is asked for, in priorities."""
    return int(question.problem.weight @ question.problem.count)


def valued(question: Question, placement: Placement) -> dict[str, float]:
    """The objective's terms of any placement, in the units of a plan."""
    problem = question.problem
    values = {term.name: float(term.value(problem, placement)) for term in terms(problem)}
    if "cost" in values:
        values["cost"] /= 1e6
    if "largest-slots" in values:
        usable = np.flatnonzero(question.snapshot.usable).astype(np.int32)
        values["largest-slots"] = float(left(problem, usable, problem.capacity[usable]).sum()) - values["largest-slots"]
    return values


def watch(label: str) -> Callable[[Progress], None]:
    """Tells now and then how a search is doing."""
    told = 0.0

    def progress(now: Progress) -> None:
        nonlocal told
        if now.seconds - told >= TOLD_EVERY:
            told = now.seconds
            tell(
                f"{label}: {now.stage} {now.seconds:.0f} s, {now.unplaced:,} left out, gap {now.gap:.2%}", passing=True
            )

    return progress


def tell(text: str, passing: bool = False) -> None:
    """A line on stderr; on a terminal the next one replaces what is passing."""
    if sys.stderr.isatty():
        print(f"\r\x1b[K{text}", end="" if passing else "\n", file=sys.stderr, flush=True)
    else:
        print(text, file=sys.stderr, flush=True)
