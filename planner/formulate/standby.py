"""Standby in a question: restarts that are in the books, and what standby cannot be combined with."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from planner.formulate.question import Asked
from planner.inventory.snapshot import Snapshot
from planner.manifests.application import Application
from planner.manifests.errors import InputProblem, InvalidInput
from solver.problem import Ids
from solver.restarts import Restarts


def refuse_masters(taking_part: Mapping[str, Application], asked: Sequence[Application]) -> None:
    """Raises InvalidInput when a master has standby: its children would not be with it where it restarts."""
    row_of = {application.id: row for row, application in enumerate(asked)}
    problems = []
    for name, application in taking_part.items():
        if application.spec.master is None:
            continue
        master = application.refers_to(application.spec.master.application)
        if master not in taking_part or not any(loss.standby for loss in taking_part[master].spec.survives):
            continue
        if name in row_of or master in row_of:
            field = "spec.master.application" if name in row_of else "spec.survives"
            path = f"applications[{row_of.get(name, row_of.get(master))}].{field}"
            found = f"'{name}' with the master '{master}', which has standby"
            expected = "no standby for a master: its children do not restart with it"
            problems.append(InputProblem("request", None, path, found, expected))
    if problems:
        raise InvalidInput(problems)


def standing_restarts(
    snapshot: Snapshot, asked: Collection[Asked], modes: Ids, cells: Sequence[tuple[int, ...]]
) -> Restarts:
    """Those of the applications that take part; the room of all others is in the snapshot."""
    workload = {(row.application, row.demand): position for position, row in enumerate(asked)}
    domains, rows = snapshot.domains, []
    for row in snapshot.standby:
        position = workload.get((row.application, row.demand))
        if position is not None:
            choices = range(int(modes[position]), int(modes[position + 1]))
            mode = next((choice for choice in choices if cells[choice] == row.cells), choices[0])
            loss = domains.levels[row.level], domains.ids(row.level)[row.domain]
            rows.append((mode, row.server, *loss, row.instances))
    return Restarts.of(rows)
