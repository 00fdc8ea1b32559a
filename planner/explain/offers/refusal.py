"""Refusal: a request that does not fit, and the means to try changes of it."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

from planner.explain.case import Case, owing
from planner.explain.explanation import Change, Conflict, CounterOffer
from planner.explain.facts import Fact
from planner.explain.horizon import EVERYTHING, Horizon
from planner.formulate.formulate import formulate
from planner.formulate.question import Question
from planner.inventory.snapshot import Snapshot
from planner.manifests.application import Application
from planner.manifests.errors import InvalidInput
from planner.plans.plan import SolveOptions
from solver import referee
from solver.explain import Owed, spare
from solver.objective.cost import Cost
from solver.problem import Placement
from solver.solve import Limits, solve
from solver.standing import Standing

TRIAL = 0.7
"""Seconds for one change that neither fits at once nor is known not to."""


@dataclass(frozen=True, slots=True)
class Trial:
    """fits: everything owed was placed and the referee passed it; False: proven that it cannot be; None: not known.
    best: proven that no more can be placed."""

    fits: bool | None
    question: Question
    placement: Placement
    best: bool


@dataclass(frozen=True)
class Refusal:
    """until: when to stop, in `time.perf_counter`'s seconds."""

    snapshot: Snapshot
    applications: tuple[Application, ...]
    case: Case
    conflict: Conflict
    until: float
    horizon: Horizon = EVERYTHING

    @property
    def facts(self) -> list[Fact]:
        return self.conflict.facts

    def kinds(self) -> set[str]:
        return {fact.kind for fact in self.facts}

    def left(self) -> float:
        return self.until - time.perf_counter()

    def with_changed(self, application: Application) -> list[Application]:
        return [application if each.id == application.id else each for each in self.applications]

    def attempt(self, applications: Sequence[Application], seconds: float = TRIAL) -> Trial | None:
        """None: these applications are no request that could be made, or there is no time left."""
        if self.left() <= 0:
            return None
        question = self._question(applications)
        return self.solved(question, applications, seconds) if question else None

    def solved(self, question: Question, applications: Sequence[Application], seconds: float = TRIAL) -> Trial:
        """The applications on a question of theirs."""
        problem = replace(question.problem, then=None)
        limit = min(seconds, max(self.left(), 0.05))
        result = solve(problem, Limits(time.perf_counter, seconds=limit, gap=0.0, lanes=1))
        best = not result.objective[0].gap
        owed = _owed(question, applications)
        if _whole(question, owed, result.placement):
            clean = not referee.violations(question.problem, result.placement)
            return Trial(True if clean else None, question, result.placement, best)
        impossible = result.objective[0].bound > spare(question.problem, owed)
        return Trial(False if impossible else None, question, result.placement, best)

    def seen(self, applications: Sequence[Application], before: Trial) -> Trial | None:
        """The placement of an earlier trial, where it serves these applications too, which have the same entries."""
        question = self._question(applications)
        if question is None or not _whole(question, _owed(question, applications), before.placement):
            return None
        clean = not referee.violations(question.problem, before.placement)
        return Trial(True, question, before.placement, before.best) if clean else None

    def _question(self, applications: Sequence[Application]) -> Question | None:
        """None: no request that could be made."""
        try:
            return formulate(self.snapshot, applications, SolveOptions(then="cost"))
        except InvalidInput:
            return None

    def offer(
        self,
        trial: Trial,
        kind: str,
        message: str,
        changes: Sequence[Change],
        least: bool,
        application: Application | None = None,
    ) -> CounterOffer:
        cost = Cost().value(trial.question.problem, trial.placement) / 1e6
        return CounterOffer(
            kind=kind,
            message=message,
            changes=list(changes),
            application=application,
            least=least,
            instances=int(trial.placement.instances.sum()),
            cost=round(cost, 3),
        )


def _owed(question: Question, applications: Sequence[Application]) -> list[Owed]:
    return [entry for each in applications if (entry := owing(question, each)) is not None]


def _whole(question: Question, owed: Sequence[Owed], placement: Placement) -> bool:
    standing = Standing(question.problem, placement)
    return all(standing.placed(entry.workloads) >= entry.least for entry in owed)
