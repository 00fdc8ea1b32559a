"""Room: how many instances of one workload every node of its own takes, if nothing else comes there."""

from __future__ import annotations

import numpy as np

from planner.formulate.question import Question
from planner.inventory.devices import GPU
from planner.manifests.quantities import DEVICE
from solver.patterns import kernels
from solver.problem import Ints

PLENTY = 2**40


def room(question: Question, workload: int, free: Ints) -> Ints:
    """[nodes it may use]: instances that fit. free: [nodes, resources]."""
    columns = np.arange(free.shape[1])
    return _room(question, workload, free, columns)


def scarce(question: Question, workload: int) -> tuple[str, int]:
    """The resource, and when, that runs out first on the most of its nodes, and on how many."""
    units, segments, nodes = question.snapshot.units, question.segments, question.problem.allowed[workload]
    timed = len(units.columns) * len(segments.moments)
    columns = range(question.problem.capacity.shape[1])
    names = [(column // len(units.columns) if column < timed else 0, question.resource(column)) for column in columns]
    distinct = list(dict.fromkeys(names))
    by_resource = np.stack(
        [
            _room(
                question,
                workload,
                question.problem.capacity,
                np.array([column for column, each in enumerate(names) if each == name]),
            )
            for name in distinct
        ]
    )
    first = (by_resource == by_resource.min(axis=0)).sum(axis=1)
    most = distinct[int(np.argmax(first))]
    return most[1] + segments.told(names.index(most), nodes), int(first.max())


def _room(question: Question, workload: int, free: Ints, columns: Ints) -> Ints:
    """The whole server counts, and, when an instance asks for NUMA cells, each of them: two cells take the halves of
    an instance, which have to be different ones. Of GPUs in columns of their own each counts by itself."""
    modes = question.problem.modes_of(workload)
    cells = question.cells[modes[0]]
    if not cells and len(modes) == 1 and len(columns) == free.shape[1]:
        return _alone(question, workload, free)
    timed = len(question.snapshot.units.columns) * len(question.segments.moments)
    devices = [column for column in columns.tolist() if column > timed]
    units, segments = question.snapshot.units, question.segments
    inside = {column: units.cell(segments.base(column)) for column in columns.tolist() if column < timed}
    whole = _fits(question, workload, modes[0], free, [column for column, cell in inside.items() if cell is None])
    if devices and question.positions[modes[0]]:
        whole = np.minimum(whole, _on_devices(question, workload, free[:, devices]))
    if not cells:
        return whole
    parts = {}
    for mode in modes:
        for cell in question.cells[mode]:
            if cell not in parts:
                mine = [column for column, each in inside.items() if each == cell]
                parts[cell] = _fits(question, workload, mode, free, mine)
    each = np.stack(list(parts.values()))
    total = each.sum(axis=0)
    if len(cells) == 2:
        total = np.minimum(total // 2, total - each.max(axis=0))
    most: Ints = np.minimum(whole, total)
    return most


def _on_devices(question: Question, workload: int, devices: Ints) -> Ints:
    """devices: [nodes, positions], thousandths that are free."""
    spec = question.applications[question.workloads[workload].application].spec
    here = devices[question.problem.allowed[workload]]
    if spec.gpu_share:
        shares: Ints = (here // spec.gpu_share).sum(axis=1)
        return shares
    whole: Ints = (here == DEVICE).sum(axis=1) // spec.resources[GPU]
    return whole


def _alone(question: Question, workload: int, free: Ints) -> Ints:
    """The same for whole servers in one compiled pass."""
    problem = question.problem
    allowed, modes = problem.allowed[workload], problem.modes_of(workload)
    demand = np.ascontiguousarray(problem.demand[:, modes.start : modes.stop])
    nodes, slots = kernels.slots(free, problem.rate, demand, allowed, PLENTY)
    fits = np.zeros(len(allowed), np.int64)
    fits[np.searchsorted(allowed, nodes)] = slots
    return fits


def _fits(question: Question, workload: int, mode: int, free: Ints, columns: list[int]) -> Ints:
    problem = question.problem
    nodes = problem.allowed[workload]
    fits = np.full(len(nodes), PLENTY, np.int64)
    for column in columns:
        need = problem.demand[problem.rate[nodes], mode, column]
        fits = np.minimum(fits, np.where(need > 0, free[nodes, column] // np.maximum(need, 1), PLENTY))
    return fits
