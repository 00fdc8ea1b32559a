"""Together: all instances of the workloads stand in one domain of the level."""

from __future__ import annotations

import pytest

from solver.constraints import Together
from solver.problem import Violation
from tests.solver.builders import LEVELS, RACK, SITE, mates, node, pair, problem, workload
from tests.solver.constraints.check import broken

EVERY_LEVEL = pytest.mark.parametrize("level", range(len(LEVELS)), ids=LEVELS)
COARSER = pytest.mark.parametrize("level", range(RACK, len(LEVELS)), ids=LEVELS[RACK:])


@COARSER
def test_holds_within_a_domain(level: int) -> None:
    asked = problem(workload(), workload(), *mates(level), rules=[Together((0, 1), level)])
    assert broken(asked, (0, 0, 2), (0, 1, 1), (1, 1, 1)) == []


@EVERY_LEVEL
def test_breaks_over_two(level: int) -> None:
    asked = problem(workload(), *pair(level), rules=[Together((0,), level)])
    assert broken(asked, (0, 1, 2)) == []
    assert broken(asked, (0, 0, 1), (0, 1, 1)) == [Violation("together", (0,), level, -1, found=2, allowed=1)]


def test_spans_workloads_and_leaves_others_alone() -> None:
    asked = problem(workload(), workload(), workload(), node(), node(site=1), rules=[Together((0, 2), SITE)])
    assert broken(asked, (0, 0, 1), (1, 1, 1), (2, 0, 1)) == []
    assert broken(asked, (0, 0, 1), (2, 1, 1)) == [Violation("together", (0, 2), SITE, -1, 2, 1)]


def test_new_instances_join_the_fixed_ones() -> None:
    asked = problem(workload(), workload(), node(), node(site=1), rules=[Together((0, 1), SITE)], fixed=[(0, 1, 1)])
    assert broken(asked, (1, 1, 1)) == []
    assert broken(asked, (1, 0, 1)) == [Violation("together", (0, 1), SITE, -1, found=2, allowed=1)]


def test_fixed_instances_that_are_split_stop_only_a_plan_that_adds_to_them() -> None:
    asked = problem(workload(), workload(), *pair(SITE), rules=[Together((0,), SITE)], fixed=[(0, 0, 1), (0, 1, 1)])
    assert broken(asked, (1, 0, 1)) == []
    assert broken(asked, (0, 0, 1)) == [Violation("together", (0,), SITE, -1, found=2, allowed=1)]
