"""CP-SAT asked directly: does the posted model accept a placement, and what does it score there?"""

from __future__ import annotations

from collections.abc import Sequence

from ortools.sat.python import cp_model

from solver.model import Model
from solver.objective import Term
from solver.problem import Placement, Problem


def posted(problem: Problem) -> Model:
    model = Model(problem)
    model.families()
    return model


def accepts(model: Model, placement: Placement) -> bool:
    """Is the model feasible once its variables are this placement? One without a variable is none that it knows."""
    return _known(model, placement) and _solve(_fixed_to(model, placement)) is not None


def value(problem: Problem, placement: Placement, term: Term) -> int:
    """What the model says that the placement scores."""
    model = posted(problem)
    expression = term.post(model)
    fixed = _fixed_to(model, placement)
    fixed.minimize(expression)
    solver = _solve(fixed)
    assert solver is not None
    return round(solver.objective_value)


def some_plan(model: Model, worth: Sequence[int]) -> Placement | None:
    """The plan that is worth the most when each variable in turn is worth so much; None when there is no plan."""
    cp = model.cp.clone()
    variables = list(model.variables.values())
    cp.maximize(
        sum(
            worth[position % len(worth)] * cp.get_int_var_from_proto_index(variable.index)
            for position, variable in enumerate(variables)
        )
    )
    solver = _solve(cp)
    return None if solver is None else model.read(solver)


def _known(model: Model, placement: Placement) -> bool:
    restarts = {row[:4] for row in placement.restarts.rows()}
    rows = set(zip(placement.mode.tolist(), placement.node.tolist(), strict=True))
    return rows <= model.variables.keys() and restarts <= model.returns.variables.keys()


def _fixed_to(model: Model, placement: Placement) -> cp_model.CpModel:
    columns = placement.mode.tolist(), placement.node.tolist(), placement.instances.tolist()
    amount = {(mode, node): count for mode, node, count in zip(*columns, strict=True)}
    fixed = model.cp.clone()
    for key, variable in model.variables.items():
        fixed.add(fixed.get_int_var_from_proto_index(variable.index) == amount.get(key, 0))
    again = {row[:4]: row[4] for row in placement.restarts.rows()}
    for loss, variable in model.returns.variables.items():
        fixed.add(fixed.get_int_var_from_proto_index(variable.index) == again.get(loss, 0))
    return fixed


def _solve(model: cp_model.CpModel) -> cp_model.CpSolver | None:
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    status = solver.solve(model)
    assert status in (cp_model.OPTIMAL, cp_model.INFEASIBLE), solver.status_name(status)
    return solver if status == cp_model.OPTIMAL else None
