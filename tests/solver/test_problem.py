"""Placements are tidy columns, and modes know their workload."""

from __future__ import annotations

import numpy as np

from solver.problem import Placement
from tests.solver.builders import node, problem, workload


def rows(placement: Placement) -> list[tuple[int, ...]]:
    columns = placement.mode.tolist(), placement.node.tolist(), placement.instances.tolist()
    return list(zip(*columns, strict=True))


def test_rows_are_summed_ordered_and_never_zero() -> None:
    made = Placement.of([(1, 0, 2), (0, 7, 1), (1, 0, 3), (0, 2, 4), (2, 2, 0)])
    assert rows(made) == [(0, 2, 4), (0, 7, 1), (1, 0, 5)]
    assert [str(each.dtype) for each in (made.mode, made.node, made.instances)] == ["int32", "int32", "int64"]


def test_placements_add_up() -> None:
    assert rows(Placement.of([(0, 1, 2)]) + Placement.of([(0, 1, 1), (0, 0, 1)])) == [(0, 0, 1), (0, 1, 3)]
    assert rows(Placement.empty() + Placement.of([(3, 1, 2)])) == [(3, 1, 2)]


def test_none_is_a_placement() -> None:
    assert rows(Placement.of([])) == rows(Placement.empty()) == []


def test_a_mode_belongs_to_a_workload() -> None:
    one, two = {"cpu": 1}, {"memory": 1}
    asked = problem(workload(), workload(modes=[one, two]), workload(), node())
    assert asked.owner(np.array([0, 1, 2, 3], np.int32)).tolist() == [0, 1, 1, 2]
    assert [list(asked.modes_of(row)) for row in range(3)] == [[0], [1, 2], [3]]
