"""Check: everything that is wrong with a plan, in words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from planner.formulate.formulate import formulate
from planner.formulate.question import Question
from planner.inventory.snapshot import LEVELS, Snapshot
from planner.manifests.application import Application
from planner.manifests.errors import InputProblem, InvalidInput
from planner.plans.plan import PlacementRow, Plan, SolveOptions, Unplaced
from solver import referee
from solver.problem import Placement, Violation


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing wrong with a plan. where: server or domain, empty: everywhere. found, allowed: in the rule's unit."""

    rule: str
    message: str
    applications: tuple[str, ...]
    where: str
    found: int
    allowed: int


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
    question = formulate(
        snapshot, applications, SolveOptions(then="cost"), {row.application for row in plan.placements}
    )
    reader = _Reader(question)
    placement = reader.read(plan.placements)
    violations = referee.violations(question.problem, placement)
    return [*reader.findings, *(_told(question, each) for each in violations), *_missing(question, plan)]


class _Reader:
    """Names to integers; what names nothing is a finding."""

    def __init__(self, question: Question) -> None:
        self.question = question
        self.findings: list[Finding] = []
        self.workload = {(row.application, row.demand): number for number, row in enumerate(question.workloads)}

    def read(self, rows: Sequence[PlacementRow]) -> Placement:
        known = [(self._mode(row), self._server(row), row.instances) for row in rows]
        return Placement.of(
            [(mode, node, count) for mode, node, count in known if mode is not None and node is not None]
        )

    def _server(self, row: PlacementRow) -> int | None:
        node = self.question.snapshot.row.get(row.server)
        if node is None:
            self._find("server", f"server '{row.server}' does not exist", row)
        return node

    def _mode(self, row: PlacementRow) -> int | None:
        workload = self.workload.get((row.application, row.demand or 0))
        if workload is None:
            what = "demand entry" if row.application in self.question.applications else "application"
            self._find("application", f"'{row.application}': no such {what} is asked for", row)
            return None
        cells = tuple(row.cells or ())
        for mode in self.question.problem.modes_of(workload):
            if self.question.cells[mode] == cells:
                return mode
        self._find("cells", f"'{row.application}' may not stand in NUMA cells {list(cells)}", row)
        return None

    def _find(self, rule: str, message: str, row: PlacementRow) -> None:
        self.findings.append(Finding(rule, message, (row.application,), row.server, row.instances, 0))


def _missing(question: Question, plan: Plan) -> Iterator[Finding]:
    """Placed and unplaced instances together must be what was still asked for."""
    problem = question.problem
    told = np.zeros(problem.workloads, np.int64)
    position = {(row.application, row.demand): number for number, row in enumerate(question.workloads)}
    rows: list[PlacementRow | Unplaced] = [*plan.placements, *plan.unplaced]
    for row in rows:
        workload = position.get((row.application, row.demand or 0))
        if workload is not None:
            told[workload] += row.instances
    for workload, asked in enumerate(question.workloads):
        wanted = int(problem.count[workload])
        if problem.weight[workload] and told[workload] < wanted:
            message = (
                f"{asked.application}: {wanted - told[workload]} of {wanted} instances are neither placed nor unplaced"
            )
            yield Finding("missing", message, (asked.application,), "", int(told[workload]), wanted)


def _told(question: Question, violation: Violation) -> Finding:
    names = tuple(dict.fromkeys(question.workloads[row].application for row in violation.workloads))
    where = domain_name(question, violation.level, violation.domain)
    subject = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
    place = f" in {LEVELS[violation.level]} {where}" if where else ""
    message = f"{subject}{place}: {_sentence(question, violation)}"
    return Finding(violation.rule, message, names, where, violation.found, violation.allowed)


def _sentence(question: Question, violation: Violation) -> str:
    found, allowed = violation.found, violation.allowed
    level = LEVELS[violation.level] if violation.level >= 0 else ""
    match violation.rule:
        case "capacity":
            return f"{question.snapshot.units.columns[violation.resource]} {found} taken of {allowed} free"
        case "eligibility":
            return _why_not(question, violation)
        case "demand":
            return f"{found} instances placed, {'at most' if found > allowed else 'at least'} {allowed} asked for"
        case "spread" if violation.domain < 0:
            return f"spread over {found} {level} domains, at least {allowed} required"
        case "spread":
            return f"{found} instances, at most {allowed} per {level}"
        case "together":
            return f"split over {found} {level} domains, one required"
        case "apart":
            return f"{found} parts that must be apart share the {level}"
        case "children":
            return f"{found} child instances, the master needs {allowed}"
        case "completeness":
            return f"only {found} of at least {allowed} instances placed: all or nothing"
        case _:
            return f"{found} instances, exactly {allowed} required"


def _why_not(question: Question, violation: Violation) -> str:
    """The first of the application's own conditions that the server does not meet."""
    snapshot = question.snapshot
    asked = question.workloads[violation.workloads[0]]
    spec = question.applications[asked.application].spec
    where = spec.demand[asked.demand].where if spec.demand else {}
    for key, values in where.items():
        if not snapshot.matches({key: values})[violation.domain]:
            return f"{violation.found} instances where {key} is not {' or '.join(values)}, or the server is not online"
    for capability in spec.requires:
        if not snapshot.offers.get(capability, np.zeros(1 + violation.domain, np.bool_))[violation.domain]:
            return f"{violation.found} instances where {capability} is required but not offered"
    for capability in spec.forbids:
        if capability in snapshot.offers and snapshot.offers[capability][violation.domain]:
            return f"{violation.found} instances where {capability} is offered but forbidden"
    return f"{violation.found} instances on a server that is not online"


def domain_name(question: Question, level: int, domain: int) -> str:
    """The name that people know a domain by; empty for everywhere."""
    if level < 0 or domain < 0:
        return ""
    inventory = question.snapshot.inventory
    node = int(np.argmax(question.problem.topology.domain[level] == domain))
    site = int(inventory.servers.site[node])
    match LEVELS[level]:
        case "server":
            return inventory.servers.name[node]
        case "rack":
            return f"{inventory.sites.name[site]}/{inventory.servers.rack[node]}"
        case "site":
            return inventory.sites.name[site]
        case attribute:
            return inventory.sites.attributes[attribute][site]
