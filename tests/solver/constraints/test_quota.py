"""Quota: a workload stands with exactly so many instances in every domain that it uses."""

from __future__ import annotations

import pytest

from solver.constraints import Quota
from solver.problem import Violation
from tests.solver.builders import LEVELS, RACK, SITE, mates, node, pair, problem, workload
from tests.solver.constraints.check import broken

EVERY_LEVEL = pytest.mark.parametrize("level", range(len(LEVELS)), ids=LEVELS)
COARSER = pytest.mark.parametrize("level", range(RACK, len(LEVELS)), ids=LEVELS[RACK:])


@EVERY_LEVEL
def test_exactly_so_many_in_each_domain_used(level: int) -> None:
    asked = problem(workload(), *pair(level), rules=[Quota(0, level, each=2)])
    assert broken(asked, (0, 1, 2)) == []
    assert broken(asked, (0, 0, 2), (0, 1, 2)) == []
    assert broken(asked, (0, 0, 1), (0, 1, 3)) == [
        Violation("quota", (0,), level, domain=0, found=1, allowed=2),
        Violation("quota", (0,), level, domain=1, found=3, allowed=2),
    ]


@COARSER
def test_nodes_of_a_domain_share_the_quota(level: int) -> None:
    asked = problem(workload(), *mates(level), rules=[Quota(0, level, each=2)])
    assert broken(asked, (0, 0, 1), (0, 1, 1)) == []
    assert broken(asked, (0, 0, 2), (0, 1, 2)) == [Violation("quota", (0,), level, 0, found=4, allowed=2)]


def test_other_workloads_do_not_count() -> None:
    asked = problem(workload(), workload(), node(), rules=[Quota(1, SITE, each=2)])
    assert broken(asked, (0, 0, 5), (1, 0, 2)) == []


def test_fixed_instances_are_topped_up() -> None:
    asked = problem(workload(), node(), rules=[Quota(0, SITE, each=3)], fixed=[(0, 0, 1)])
    assert broken(asked, (0, 0, 2)) == []
    assert broken(asked, (0, 0, 3)) == [Violation("quota", (0,), SITE, 0, found=4, allowed=3)]


def test_a_domain_where_nothing_is_new_is_left_as_it_is() -> None:
    rules = [Quota(0, SITE, each=1)]
    asked = problem(workload(), *pair(SITE), rules=rules, fixed=[(0, 0, 2)])
    assert broken(asked) == []
    assert broken(asked, (0, 1, 1)) == []
    assert broken(asked, (0, 0, 1)) == [Violation("quota", (0,), SITE, 0, found=3, allowed=1)]
