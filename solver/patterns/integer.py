"""The integer master: how many whole servers have which contents."""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from typing import Any

import numpy as np
from ortools.math_opt.python import mathopt

from solver.patterns.master import Master

NODES = 300
"""Nodes of the search tree at most: the same work on every machine."""


def whole(master: Master, seconds: float) -> dict[int, int] | None:
    """How often each column of the master is used in the best whole plan; None when there is none, or no time."""
    model, times = _model(master, range(len(master.columns)))
    for row, used in times.items():
        model.objective.set_linear_coefficient(used, master.relaxation.cost(*master.columns[row]))
    found = _solved(model, mathopt.SolverType.HIGHS, NODES, seconds)
    return _read(found, times)


def decided(
    master: Master, rows: Iterable[int], goal: int, nodes: int, seconds: float
) -> tuple[dict[int, int] | None, bool]:
    """(how often each of these columns is used in a whole plan for at most `goal`, is it sure that there is none?)."""
    model, times = _model(master, rows)
    most = model.add_linear_constraint(ub=float(goal))
    for row, used in times.items():
        most.set_coefficient(used, master.relaxation.cost(*master.columns[row]))
    found = _solved(model, mathopt.SolverType.GSCIP, nodes, seconds)
    return _read(found, times), found.termination.reason == mathopt.TerminationReason.INFEASIBLE


def _model(master: Master, rows: Iterable[int]) -> tuple[mathopt.Model, dict[int, Any]]:
    """The master's program over some of its columns in whole numbers, and the variable of each."""
    relaxation, model = master.relaxation, mathopt.Model()
    asked, kinds = relaxation.items, relaxation.types
    item = [model.add_linear_constraint(lb=float(n)) for n in asked.wanted]
    kind = [model.add_linear_constraint(ub=float(many)) for many in kinds.many]
    worth = model.add_linear_constraint(ub=float(relaxation.out))
    times = {}
    for row in rows:
        at, contents = master.columns[row]
        times[row] = used = model.add_integer_variable(lb=0, ub=float(kinds.many[at]))
        kind[at].set_coefficient(used, 1.0)
        amount = np.bincount(asked.owner, contents[:-1], len(asked))
        for wanted in np.flatnonzero(amount).tolist():
            item[wanted].set_coefficient(used, float(amount[wanted]))
    for row, spare in enumerate(relaxation.spare.tolist()):
        if spare:
            left = model.add_integer_variable(lb=0, ub=float(spare))
            item[row].set_coefficient(left, 1.0)
            if relaxation.term is None:
                model.objective.set_linear_coefficient(left, float(asked.weight[row]))
            else:
                worth.set_coefficient(left, float(asked.weight[row]))
    return model, times


def _solved(model: mathopt.Model, solver: mathopt.SolverType, nodes: int, seconds: float) -> mathopt.SolveResult:
    return mathopt.solve(model, solver, params=mathopt.SolveParameters(time_limit=lasting(seconds), node_limit=nodes))


def _read(found: mathopt.SolveResult, times: dict[int, Any]) -> dict[int, int] | None:
    late = found.termination.limit == mathopt.Limit.TIME
    if late or not found.has_primal_feasible_solution():
        return None
    values = found.variable_values()
    return {row: round(values[used]) for row, used in times.items() if values[used] > 0.5}


def lasting(seconds: float) -> datetime.timedelta:
    """As MathOpt wants its limit."""
    return datetime.timedelta(seconds=min(max(seconds, 0.01), 3600.0))
