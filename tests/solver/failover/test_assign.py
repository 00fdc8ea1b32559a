"""Assign: losses share room, narrow scopes come first, and what fits nowhere is told."""

from __future__ import annotations

from collections.abc import Sequence

from solver.aside import growth
from solver.constraints import Apart, Rule, Standby
from solver.failover import assign
from solver.problem import Placement, Problem
from solver.referee import violations
from solver.restarts import Restarts
from tests.solver.builders import SITE, Node, Row, Workload, node, problem, workload


def assigned(rules: Sequence[Rule], rows: Sequence[Row], *parts: Workload | Node) -> tuple[Problem, Placement]:
    asked = problem(*parts, rules=rules)
    placement = Placement.of(rows)
    found = assign(asked, placement, Restarts())
    assert not found.short
    whole = placement.along_with(found.restarts)
    assert violations(asked, whole) == []
    return asked, whole


def every(*workloads: int) -> list[Rule]:
    return [Standby((each,), SITE, keep=(1, 1)) for each in workloads]


def test_room_is_that_of_the_largest_loss() -> None:
    """Ten sites lose between one and ten instances: ten are set aside, and a few for the site that they are in."""
    asks = [workload(count=row + 1) for row in range(10)]
    rows = [(row, row, row + 1) for row in range(10)]
    asked, whole = assigned(every(*range(10)), rows, *asks, *(node(site=row, cpu=20) for row in range(12)))
    assert growth(asked, whole.restarts)[:, 0].sum() == 10
    assert whole.restarts.instances.sum() == 55


def test_narrow_scopes_first_so_that_others_share() -> None:
    """The wide one loses more, yet finds the room that the narrow one has to have on node 3."""
    asks = [workload(count=5), workload(count=4, allowed=[1, 3])]
    nodes = [node(site=site, cpu=5) for site in range(5)]
    asked, whole = assigned(every(0, 1), [(0, 0, 5), (1, 1, 4)], *asks, *nodes)
    assert growth(asked, whole.restarts)[:, 0].tolist() == [0, 0, 0, 5, 0]


def test_the_modes_of_an_instance_are_tried_in_turn() -> None:
    cells = workload(count=2, modes=[{"cell0": 1}, {"cell1": 1}])
    _, whole = assigned(every(0), [(0, 0, 2)], cells, node(), node(site=1, cell0=1, cell1=1))
    assert sorted(whole.restarts.mode.tolist()) == [0, 1]


def test_a_group_restarts_whichever_fits() -> None:
    rule = Standby((0, 1), SITE, keep=(1, 2))
    asks = [workload(count=2, cpu=1), workload(count=2, cpu=3)]
    _, whole = assigned([rule], [(0, 0, 2), (1, 0, 2)], *asks, node(), node(site=1, cpu=2))
    assert whole.restarts.rows() == [(0, 1, SITE, 0, 2)]


def test_parts_that_are_apart_restart_apart() -> None:
    rules = [*every(0, 1), Apart(((0,), (1,)), SITE)]
    _, whole = assigned(rules, [(0, 0, 1), (1, 1, 1)], workload(), workload(), *(node(site=row) for row in range(3)))
    assert {(row[0], row[1]) for row in whole.restarts.rows()} == {(0, 2), (1, 2)}


def test_what_fits_nowhere_is_told() -> None:
    (rule,) = every(0)
    asked = problem(workload(count=3), node(), node(site=1, cpu=2), rules=[rule])
    assert assign(asked, Placement.of([(0, 0, 3)]), Restarts()).short == (rule,)
