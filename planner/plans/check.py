"""Check: everything that is wrong with a plan, in words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from planner.formulate.formulate import formulate
from planner.formulate.question import Question
from planner.inventory.snapshot import Snapshot
from planner.manifests.application import Application
from planner.manifests.errors import InputProblem, InvalidInput
from planner.plans.broken import broken, told
from planner.plans.device_books import on_devices
from planner.plans.finding import Finding
from planner.plans.plan import PlacementRow, Plan, SolveOptions, Unplaced
from planner.plans.standby import read_standby
from planner.plans.violations import amounts, domain_name, names, sentence
from planner.plans.words import joined, many
from solver import referee
from solver.problem import Ints, Placement, Violation
from solver.standing import Standing


def check(snapshot: Snapshot, applications: Sequence[Application], plan: Plan) -> list[Finding]:
    """Empty when the plan is good. Raises InvalidInput when it was made for another world."""
    if plan.generation != snapshot.generation:
        problem = InputProblem(
            "plan",
            None,
            "generation",
            f"'{plan.generation}', a plan for another world",
            f"'{snapshot.generation}', the generation of this one",
        )
        raise InvalidInput([problem])
    options = SolveOptions(then="cost", at=plan.parameters.at, moves=plan.parameters.moves)
    asked = {row.application for row in plan.placements} | {row.application for row in plan.standby}
    question = formulate(snapshot, applications, options, asked, devices=False)
    reader = _Reader(question)
    restarts = read_standby(question, plan.standby, reader.mode, reader.server, reader.find)
    placement = reader.after(plan).along_with(restarts)
    standing = Standing(question.problem, placement)
    wrong = [_finding(question, each, standing) for each in referee.violations(question.problem, placement)]
    wrong += on_devices(question, plan.placements)
    return [*reader.findings, *wrong, *_missing(question, plan), *_untold(question, plan, placement)]


def _finding(question: Question, violation: Violation, standing: Standing) -> Finding:
    found, allowed = amounts(question, violation)
    applications = names(question, violation, standing)
    where = domain_name(question, violation.level, violation.domain)
    return Finding(violation.rule, sentence(question, violation, applications), applications, where, found, allowed)


class _Reader:
    """Names to integers; what names nothing is a finding."""

    def __init__(self, question: Question) -> None:
        self.question = question
        self.findings: list[Finding] = []
        self.workload = {(row.application, row.demand): number for number, row in enumerate(question.workloads)}

    def read(self, rows: Sequence[PlacementRow]) -> Placement:
        known = [(self.mode(row), self.server(row), row.instances) for row in rows]
        return Placement.of(
            [(mode, node, count) for mode, node, count in known if mode is not None and node is not None]
        )

    def after(self, plan: Plan) -> Placement:
        """All that is new or may move, where it stands once the plan is carried out."""
        home, arrived = self.question.problem.home, self.read(plan.placements)
        left, come = self.read([move.leaving for move in plan.moves]), self.read([move.coming for move in plan.moves])
        self._covered(left, home, "leave", "run there and may move")
        self._covered(come, arrived, "move to", "are placed there")
        stay = home + _negative(left)
        stays = stay.instances > 0
        return Placement(stay.mode[stays], stay.node[stays], stay.instances[stays]) + arrived

    def _covered(self, moved: Placement, by: Placement, verb: str, known: str) -> None:
        """Nothing moves that is not there."""
        rest = moved + _negative(by)
        for mode, node, more in zip(rest.mode.tolist(), rest.node.tolist(), rest.instances.tolist(), strict=True):
            if more > 0:
                workload = int(self.question.problem.owner(np.array([mode], np.int32))[0])
                name = self.question.workloads[workload].application
                server = self.question.snapshot.inventory.servers.name[node]
                message = f"{name}: {many(more, 'instance')} more {verb} server {server} than {known}"
                self.findings.append(Finding("moves", message, (name,), server, more, 0))

    def server(self, row: PlacementRow) -> int | None:
        node = self.question.snapshot.row.get(row.server)
        if node is None:
            self.find("server", f"{self._placed(row)}, but there is no such server", row)
        return node

    def mode(self, row: PlacementRow) -> int | None:
        workload = self.workload.get((row.application, row.demand or 0))
        if workload is None:
            known = row.application in self.question.applications
            missing = f"it has no demand entry {row.demand}" if known else "there is no such application to place"
            self.find("application", f"{self._placed(row)}, but {missing}", row)
            return None
        cells = tuple(sorted(row.cells or ()))
        modes = self.question.problem.modes_of(workload)
        for mode in modes:
            if self.question.cells[mode] == cells:
                return mode
        named = f"in NUMA cell {joined([str(cell) for cell in cells])}" if cells else "in no NUMA cell"
        asked = self.question.applications[row.application].spec.numa_cells
        there = many(self.question.snapshot.units.cells, "cell")
        wanted = f"it asks for {asked} of {there}" if asked else "it does not ask for any"
        self.find("cells", f"{self._placed(row)} {named}, but {wanted}", row)
        return None

    def _placed(self, row: PlacementRow) -> str:
        return f"{row.application} on server {row.server}: {many(row.instances, 'instance')}"

    def find(self, rule: str, message: str, row: PlacementRow) -> None:
        self.findings.append(Finding(rule, message, (row.application,), row.server, row.instances, 0))


def _negative(placement: Placement) -> Placement:
    return Placement(placement.mode, placement.node, -placement.instances)


def _untold(question: Question, plan: Plan, placement: Placement) -> Iterator[Finding]:
    """The plan has to list the soft rules that it breaks, no fewer and no others."""
    listed, counted = plan.broken, broken(question, placement)
    for rows, others, what in ((counted, listed, "not listed as broken"), (listed, counted, "listed as broken")):
        for row in rows:
            if row not in others:
                message = f"{told(row)}: {what}{'' if rows is counted else ', but it is not'}"
                where = row.domain or ""
                yield Finding("soft", message, tuple(row.applications), where, row.found, row.allowed)


def _missing(question: Question, plan: Plan) -> Iterator[Finding]:
    """Placed and unplaced instances together must be what was still asked for; what only moved is neither."""
    problem = question.problem
    position = {(row.application, row.demand): number for number, row in enumerate(question.workloads)}
    placed, unplaced = (np.zeros(problem.workloads, np.int64) for _ in range(2))
    tables: tuple[tuple[Ints, Sequence[PlacementRow | Unplaced]], ...] = (
        (placed, plan.placements),
        (unplaced, plan.unplaced),
    )
    for total_of, rows in tables:
        for row in rows:
            workload = position.get((row.application, row.demand or 0))
            if workload is not None:
                total_of[workload] += row.instances
            elif rows is plan.unplaced:
                message = f"{row.application}: {many(row.instances, 'instance')} unplaced, but nobody asks for them"
                yield Finding("application", message, (row.application,), "", row.instances, 0)
    for move in plan.moves:
        if (workload := position.get((move.application, move.demand or 0))) is not None:
            placed[workload] -= move.instances
    for workload in np.flatnonzero(problem.weight).tolist():
        name, wanted = question.workloads[workload].application, int((problem.count - problem.must)[workload])
        here, out = int(placed[workload]), int(unplaced[workload])
        total = f"{name}: {here:,} placed and {out:,} unplaced"
        if here + out < wanted:
            yield Finding("missing", f"{total} of {many(wanted, 'instance')}", (name,), "", here + out, wanted)
        elif out and here + out > wanted:
            yield Finding("surplus", f"{total}, only {wanted:,} wanted", (name,), "", here + out, wanted)
