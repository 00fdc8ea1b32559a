"""The CP-SAT model: a variable for every mode and node where an instance could stand, and back to a placement."""

from __future__ import annotations

from ortools.sat.python import cp_model

from solver.model import Model
from solver.problem import Placement
from solver.returns import slots
from tests.solver.builders import node, problem, workload


def test_variables_stand_on_allowed_nodes_with_room_for_what_is_wanted() -> None:
    asked = problem(
        workload(cpu=2, count=9, allowed=[0, 1]),
        workload(cpu=1, count=0),
        workload(modes=[{"cpu": 4}, {"memory": 1}], count=2),
        node(cpu=5),
        node(cpu=1),
        node(cpu=4),
    )
    model = Model(asked)
    most = {key: list(variable.proto.domain)[1] for key, variable in model.variables.items()}
    assert most == {(0, 0): 2, (2, 0): 1, (2, 2): 1, (3, 0): 2, (3, 1): 2, (3, 2): 2}


def test_slots_of_nodes() -> None:
    asked = problem(
        workload(cpu=2, memory=3, units=(1, 2)), workload(cpu=0), node(cpu=7, memory=7), node(cpu=7, rate=1)
    )
    assert slots(asked, 0, asked.allowed[0]).tolist() == [2, 1]
    assert min(slots(asked, 1, asked.allowed[1])) > 10**6


def test_a_hint_is_read_back() -> None:
    asked = problem(workload(count=3, modes=[{"cpu": 1}, {"cpu": 2}]), node(cpu=3), node(cpu=3))
    plan = Placement.of([(0, 1, 1), (1, 0, 1)])
    model = Model(asked)
    model.families()
    model.hint(plan)
    solver = cp_model.CpSolver()
    solver.parameters.fix_variables_to_their_hinted_value = True
    assert solver.solve(model.cp) == cp_model.OPTIMAL
    read = model.read(solver)
    assert (read.mode.tolist(), read.node.tolist(), read.instances.tolist()) == ([0, 1], [1, 0], [1, 1])
