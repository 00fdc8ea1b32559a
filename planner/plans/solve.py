"""Solve: applications on a snapshot to a refereed plan."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import blake2b

import numpy as np

from planner.formulate.formulate import formulate
from planner.formulate.question import Question
from planner.inventory.snapshot import Snapshot
from planner.manifests.application import Application
from planner.manifests.errors import InvalidInput
from planner.manifests.references import validate
from planner.plans.plan import ObjectiveTerm, Parameters, PlacementRow, Plan, SolveOptions, Unplaced
from planner.plans.reasons import Reasons
from solver.objective.slots import left
from solver.problem import Placement
from solver.solve import Assessment, Limits, Objective, Result
from solver.solve import solve as search


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a search is: seconds since it began, its step, worth left out, and the gap of the first open term."""

    seconds: float
    stage: str
    unplaced: int
    gap: float


def solve(
    snapshot: Snapshot,
    applications: Sequence[Application],
    options: SolveOptions,
    progress: Callable[[Progress], None] | None = None,
) -> Plan:
    """Place what the applications still lack. Raises InvalidInput when they contradict each other or the inventory."""
    begin = time.perf_counter()
    problems = validate(applications, snapshot.inventory, snapshot.applications)
    if problems:
        raise InvalidInput(problems)
    question = formulate(snapshot, applications, options)
    formulated = time.perf_counter() - begin

    def report(stage: str, now: Assessment) -> None:
        if progress is not None:
            gap = next((term.gap for term in now.objective() if term.gap), 0.0)
            progress(Progress(time.perf_counter() - begin, stage, now.values[0], gap))

    limits = Limits(
        clock=time.perf_counter,
        seconds=max(options.time_limit - formulated, 0.0),
        effort=options.effort,
        gap=options.gap,
        lanes=options.workers,
        seed=options.seed,
    )
    result = search(question.problem, limits, report)
    seconds = {"formulate": formulated, **result.seconds}
    return _plan(question, result, options, {**seconds, "total": time.perf_counter() - begin})


def _plan(question: Question, result: Result, options: SolveOptions, seconds: dict[str, float]) -> Plan:
    placements = _rows(question, result.placement)
    parameters = Parameters(
        then=options.then,
        slot=options.slot if options.then == "largest-slots" else {},
        seed=options.seed,
        workers=options.workers,
        effort=result.effort,
    )
    text = "".join(row.model_dump_json() for row in placements) + parameters.model_dump_json()
    name = blake2b((question.snapshot.generation + text).encode(), digest_size=6).hexdigest()
    return Plan(
        plan=name,
        generation=question.snapshot.generation,
        status=result.status,
        objective=[_term(question, term) for term in result.objective],
        gap=result.gap,
        placements=placements,
        unplaced=_unplaced(question, result.placement),
        parameters=parameters,
        seconds={step: round(value, 6) for step, value in seconds.items()},
    )


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
    rows = []
    for mode, workload, node, count in zip(
        placement.mode.tolist(), owner.tolist(), placement.node.tolist(), placement.instances.tolist(), strict=True
    ):
        asked = question.workloads[workload]
        several = len(question.applications[asked.application].spec.demand) > 1
        rows.append(
            PlacementRow.model_construct(
                application=asked.application,
                server=names[node],
                instances=count,
                cells=list(question.cells[mode]) or None,
                demand=asked.demand if several else None,
            )
        )
    return rows


def _unplaced(question: Question, placement: Placement) -> list[Unplaced]:
    problem = question.problem
    placed = np.bincount(problem.owner(placement.mode), placement.instances, minlength=problem.workloads)
    reasons = Reasons(question, placement)
    rows = []
    for workload, asked in enumerate(question.workloads):
        missing = int(problem.count[workload] - placed[workload])
        if missing and problem.weight[workload]:
            several = len(question.applications[asked.application].spec.demand) > 1
            rows.append(
                Unplaced(
                    application=asked.application,
                    instances=missing,
                    reason=reasons.of(workload),
                    demand=asked.demand if several else None,
                )
            )
    return rows
