"""The integer master: how many whole servers have which contents."""

from __future__ import annotations

import datetime

import numpy as np
from ortools.math_opt.python import mathopt

from solver.patterns.master import Master

NODES = 300
"""Nodes of the search tree at most: the same work on every machine."""


def whole(master: Master, seconds: float) -> dict[int, int] | None:
    """How often each column of the master is used in the best whole plan; None when there is none, or no time."""
    relaxation, model = master.relaxation, mathopt.Model()
    asked, kinds = relaxation.items, relaxation.types
    item = [model.add_linear_constraint(lb=float(n)) for n in asked.wanted]
    kind = [model.add_linear_constraint(ub=float(many)) for many in kinds.many]
    worth = model.add_linear_constraint(ub=float(relaxation.out))
    times = []
    for row, contents in master.columns:
        used = model.add_integer_variable(lb=0, ub=float(kinds.many[row]))
        kind[row].set_coefficient(used, 1.0)
        amount = np.bincount(asked.owner, contents[:-1], len(asked))
        for wanted in np.flatnonzero(amount).tolist():
            item[wanted].set_coefficient(used, float(amount[wanted]))
        model.objective.set_linear_coefficient(used, relaxation.cost(row, contents))
        times.append(used)
    for row, spare in enumerate(relaxation.spare.tolist()):
        if spare:
            left = model.add_integer_variable(lb=0, ub=float(spare))
            item[row].set_coefficient(left, 1.0)
            if relaxation.term is None:
                model.objective.set_linear_coefficient(left, float(asked.weight[row]))
            else:
                worth.set_coefficient(left, float(asked.weight[row]))
    limits = mathopt.SolveParameters(time_limit=lasting(seconds), node_limit=NODES)
    found = mathopt.solve(model, mathopt.SolverType.HIGHS, params=limits)
    late = found.termination.limit == mathopt.Limit.TIME
    if late or not found.has_primal_feasible_solution():
        return None
    values = found.variable_values()
    return {row: round(values[used]) for row, used in enumerate(times) if values[used] > 0.5}


def lasting(seconds: float) -> datetime.timedelta:
    """As MathOpt wants its limit."""
    return datetime.timedelta(seconds=min(max(seconds, 0.01), 3600.0))
