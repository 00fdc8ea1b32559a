"""Solve: applications on a snapshot to a refereed plan."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from hashlib import blake2b

import numpy as np
from pydantic import TypeAdapter

from planner.formulate.formulate import formulate
from planner.formulate.question import Question
from planner.inventory.snapshot import Snapshot
from planner.manifests.application import Application
from planner.manifests.errors import InvalidInput
from planner.manifests.references import validate
from planner.plans.broken import broken
from planner.plans.devices import with_devices
from planner.plans.moves import arrivals, moves
from planner.plans.plan import ObjectiveTerm, Parameters, PlacementRow, Plan, SolveOptions, Unplaced
from planner.plans.reasons import Reasons
from planner.plans.standby import standby_rows
from planner.quiet import without_collections
from solver.assessment import Assessment, Objective
from solver.constraints import Children
from solver.objective.slots import left
from solver.problem import Placement
from solver.solve import Limits, Result
from solver.solve import solve as search

_ROWS = TypeAdapter(list[PlacementRow])
MANY, SAMPLE, SAMPLES = 20_000, 2_000, 5
"""Rows of a placement from which on writing them takes its time; how many tell how much, and how often."""
BESIDE = 1.3
"""Times as long as its rows a plan takes with its name and its reasons."""


@dataclass(frozen=True)
class Progress:
    """Where a search is: seconds since it began, its step, and worth left out. terms: what there is to its objective,
    worked out for who looks at it."""

    seconds: float
    stage: str
    unplaced: int
    terms: Callable[[], tuple[ObjectiveTerm, ...]] = tuple

    @cached_property
    def objective(self) -> tuple[ObjectiveTerm, ...]:
        """Every term with its bound."""
        return self.terms()

    @property
    def gap(self) -> float:
        """Of the first open term."""
        return next((term.gap for term in self.objective if term.gap), 0.0)


Show = Callable[[Progress], bool | None]
"""Called between steps, and now and then while one takes long. True: enough, end with the plan that there is."""
OFTEN = 0.1
"""Seconds between two calls while a step takes long."""


def solve(
    snapshot: Snapshot,
    applications: Sequence[Application],
    options: SolveOptions,
    progress: Show | None = None,
) -> Plan:
    """Place what the applications still lack. Raises InvalidInput when they contradict each other or the inventory."""
    begin = time.perf_counter()
    problems = validate(applications, snapshot.inventory, snapshot.applications)
    if problems:
        raise InvalidInput(problems)
    question = formulate(snapshot, applications, options)
    formulated = time.perf_counter() - begin

    watch = _Watch(question, progress, begin)

    limits = Limits(
        clock=time.perf_counter,
        seconds=max(options.time_limit - formulated, 0.0),
        effort=options.effort,
        gap=options.gap,
        lanes=options.workers,
        seed=options.seed,
        stop=watch.stop,
        afterwards=lambda placement: _writing(question, placement),
    )
    result = search(question.problem, limits, watch.report)
    solved = time.perf_counter()
    plan = _plan(question, result, options)
    seconds = {"formulate": formulated, **result.seconds, "write": time.perf_counter() - solved}
    seconds["total"] = time.perf_counter() - begin
    return plan.model_copy(update={"seconds": {step: round(value, 6) for step, value in seconds.items()}})


class _Watch:
    """Between a search and who watches it."""

    def __init__(self, question: Question, show: Show | None, begin: float) -> None:
        self.question, self.show, self.begin = question, show, begin
        self.last: Progress | None = None
        self.enough = False

    def report(self, stage: str, now: Assessment) -> None:
        if self.show is not None:
            terms = partial(_terms, self.question, now)
            self._tell(Progress(time.perf_counter() - self.begin, stage, now.values[0], terms))

    def stop(self) -> bool:
        if self.last is not None and time.perf_counter() - self.begin > self.last.seconds + OFTEN:
            self._tell(replace(self.last, seconds=time.perf_counter() - self.begin))
        return self.enough

    def _tell(self, progress: Progress) -> None:
        self.last = progress
        if self.show is not None and self.show(progress):
            self.enough = True


def _writing(question: Question, placement: Placement) -> float:
    """About how many seconds it takes to write the placement down, by samples of its rows; few rows take no time."""
    rows = len(placement) + len(placement.restarts)
    if len(placement) < MANY:
        return 0.0
    took = []
    for start in range(0, SAMPLES * SAMPLE, SAMPLE):
        begin, part = time.perf_counter(), slice(start, start + SAMPLE)
        _rows(question, Placement(placement.mode[part], placement.node[part], placement.instances[part]))
        took.append(time.perf_counter() - begin)
    return BESIDE * sum(took) / SAMPLES * rows / SAMPLE


def _plan(question: Question, result: Result, options: SolveOptions) -> Plan:
    parameters = Parameters(
        then=options.then,
        slot=options.slot if options.then == "largest-slots" else {},
        seed=options.seed,
        workers=options.workers,
        effort=result.effort,
        at=question.segments.since if question.segments.timed else None,
        moves=options.moves,
    )
    problem = question.problem
    running = len(problem.home) > 0
    subject = [_subject(question, workload) for workload in range(problem.workloads)]
    return Plan(
        plan=_name(question, result.placement, parameters),
        generation=question.snapshot.generation,
        status=result.status,
        objective=[_term(question, term) for term in result.objective],
        gap=result.gap,
        placements=_rows(question, arrivals(problem, result.placement) if running else result.placement),
        unplaced=_unplaced(question, result.placement),
        moves=moves(question, result.placement, subject) if running else [],
        broken=broken(question, result.placement),
        standby=standby_rows(question, result.placement.restarts),
        parameters=parameters,
        seconds={},
    )


def _name(question: Question, placement: Placement, parameters: Parameters) -> str:
    """A digest of what the plan says, on which world and by which parameters."""
    text = blake2b(digest_size=6)
    text.update(question.snapshot.generation.encode())
    text.update(parameters.model_dump_json().encode())
    text.update(repr([(asked.application, asked.demand) for asked in question.workloads]).encode())
    for column in (placement.mode, placement.node, placement.instances):
        text.update(column.tobytes())
    if len(placement.restarts):
        text.update(repr(placement.restarts.rows()).encode())
    return text.hexdigest()


def _terms(question: Question, now: Assessment) -> tuple[ObjectiveTerm, ...]:
    return tuple(_term(question, term) for term in now.objective())


def _term(question: Question, term: Objective) -> ObjectiveTerm:
    """Cost in prices of a vCPU; `largest-slots` as the slots that are left."""
    value, bound = float(term.value), float(term.bound)
    if term.name == "cost":
        value, bound = value / 1e6, bound / 1e6
    if term.name == "largest-slots":
        problem = question.problem
        every = np.flatnonzero(question.snapshot.usable).astype(np.int32)
        total = float(left(problem, every, problem.capacity[every]).sum())
        value, bound = total - value, total - bound
    return ObjectiveTerm(name=term.name, value=value, bound=bound, gap=term.gap)


def _rows(question: Question, placement: Placement) -> list[PlacementRow]:
    names = question.snapshot.inventory.servers.name
    owner = question.problem.owner(placement.mode)
    subject = [_subject(question, workload) for workload in range(question.problem.workloads)]
    cells: list[dict[str, object]] = [{"cells": list(choice)} if choice else {} for choice in question.cells]
    columns = (placement.mode.tolist(), owner.tolist(), placement.node.tolist(), placement.instances.tolist())
    with without_collections():
        rows = [
            {**subject[workload], **cells[mode], "server": names[node], "instances": count}
            for mode, workload, node, count in zip(*columns, strict=True)
        ]
        return _ROWS.validate_python(with_devices(question, placement, rows))


def _subject(question: Question, workload: int) -> dict[str, object]:
    """The application, with the demand entry when there are several."""
    asked = question.workloads[workload]
    several = len(question.applications[asked.application].spec.demand) > 1
    return {"application": asked.application, **({"demand": asked.demand} if several else {})}


def _unplaced(question: Question, placement: Placement) -> list[Unplaced]:
    problem = question.problem
    placed = np.bincount(problem.owner(placement.mode), placement.instances, minlength=problem.workloads)
    missing = np.where(problem.weight > 0, problem.count - placed.astype(np.int64), 0)
    reasons = Reasons(question, placement)
    for rule in problem.rules:
        if isinstance(rule, Children) and not problem.weight[rule.child]:
            missing[rule.child] = rule.short(reasons.standing)
    return [
        Unplaced.model_validate(
            {
                **_subject(question, workload),
                "instances": int(missing[workload]),
                "reason": reasons.of(workload),
            }
        )
        for workload in np.flatnonzero(missing).tolist()
    ]
