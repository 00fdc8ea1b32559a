"""Children: a child stands in exactly the domains where its master stands, in proportion."""

from __future__ import annotations

import pytest

from solver.constraints import Children
from solver.problem import Violation
from tests.solver.builders import LEVELS, RACK, SITE, mates, node, pair, problem, workload
from tests.solver.constraints.check import broken

EVERY_LEVEL = pytest.mark.parametrize("level", range(len(LEVELS)), ids=LEVELS)
COARSER = pytest.mark.parametrize("level", range(RACK, len(LEVELS)), ids=LEVELS[RACK:])
MASTER, CHILD = workload(), workload(weight=0)


@EVERY_LEVEL
def test_a_child_follows_into_every_domain(level: int) -> None:
    asked = problem(MASTER, CHILD, *pair(level), rules=[Children((0,), 1, level, each=1)])
    assert broken(asked, (0, 0, 3), (0, 1, 1), (1, 0, 1), (1, 1, 1)) == []
    assert broken(asked, (0, 0, 3), (0, 1, 1), (1, 0, 2)) == [
        Violation("children", (0, 1), level, domain=0, found=2, allowed=1),
        Violation("children", (0, 1), level, domain=1, found=0, allowed=1),
    ]


@COARSER
def test_anywhere_in_the_domain_will_do(level: int) -> None:
    asked = problem(MASTER, CHILD, *mates(level), rules=[Children((0,), 1, level, each=1)])
    assert broken(asked, (0, 0, 3), (1, 1, 1)) == []


@pytest.mark.parametrize(("masters", "needed"), [(1, 1), (2, 1), (3, 1), (4, 2), (6, 2), (7, 3)])
def test_one_child_for_so_many_masters_rounded_up(masters: int, needed: int) -> None:
    asked = problem(MASTER, CHILD, node(), rules=[Children((0,), 1, SITE, ratio=3)])
    assert broken(asked, (0, 0, masters), (1, 0, needed)) == []
    for wrong in (needed - 1, needed + 1):
        assert broken(asked, (0, 0, masters), (1, 0, wrong)) == [
            Violation("children", (0, 1), SITE, domain=0, found=wrong, allowed=needed)
        ]


@pytest.mark.parametrize("rule", [Children((0,), 1, SITE, ratio=3), Children((0,), 1, SITE, each=2)])
def test_no_child_without_a_master(rule: Children) -> None:
    asked = problem(MASTER, CHILD, *pair(SITE), rules=[rule])
    assert broken(asked, (1, 1, 2)) == [Violation("children", (0, 1), SITE, domain=1, found=2, allowed=0)]


def test_masters_of_several_workloads_are_counted_together() -> None:
    asked = problem(MASTER, CHILD, MASTER, node(), rules=[Children((0, 2), 1, SITE, ratio=2)])
    assert broken(asked, (0, 0, 1), (2, 0, 1), (1, 0, 1)) == []
    assert broken(asked, (0, 0, 1), (2, 0, 2), (1, 0, 1)) == [
        Violation("children", (0, 2, 1), SITE, 0, found=1, allowed=2)
    ]


def test_a_child_may_have_a_child() -> None:
    rules = [Children((0,), 1, SITE, ratio=2), Children((1,), 2, SITE, each=1)]
    asked = problem(MASTER, CHILD, CHILD, node(), rules=rules)
    assert broken(asked, (0, 0, 4), (1, 0, 2), (2, 0, 1)) == []
    assert broken(asked, (0, 0, 4), (1, 0, 2)) == [Violation("children", (1, 2), SITE, 0, 0, 1)]


def test_fixed_masters_and_children_count() -> None:
    rule = Children((0,), 1, SITE, ratio=2)
    asked = problem(MASTER, CHILD, node(), rules=[rule], fixed=[(0, 0, 1), (1, 0, 1)])
    assert broken(asked, (0, 0, 1)) == []
    assert broken(asked, (0, 0, 2)) == [Violation("children", (0, 1), SITE, 0, found=1, allowed=2)]
    assert broken(asked, (0, 0, 2), (1, 0, 1)) == []


@pytest.mark.parametrize("rule", [Children((0,), 1, SITE, ratio=2), Children((0,), 1, SITE, each=2)])
def test_a_child_comes_later_to_fixed_masters(rule: Children) -> None:
    asked = problem(MASTER, CHILD, *pair(SITE), rules=[rule], fixed=[(0, 0, 3)])
    assert broken(asked, (1, 0, 2)) == []
    assert broken(asked, (1, 0, 1)) == [Violation("children", (0, 1), SITE, 0, found=1, allowed=2)]


def test_masters_come_later_to_fixed_children() -> None:
    rule = Children((0,), 1, SITE, each=1)
    asked = problem(MASTER, CHILD, node(), rules=[rule], fixed=[(1, 0, 1)])
    assert broken(asked, (0, 0, 4)) == []
    assert broken(asked, (1, 0, 1)) == [Violation("children", (0, 1), SITE, 0, found=2, allowed=0)]


def test_domains_where_nothing_is_new_are_left_as_they_are() -> None:
    rule = Children((0,), 1, SITE, each=1)
    asked = problem(MASTER, CHILD, *pair(SITE), rules=[rule], fixed=[(0, 0, 3)])
    assert broken(asked) == []
    assert broken(asked, (0, 1, 1), (1, 1, 1)) == []
    assert broken(asked, (0, 0, 1)) == [Violation("children", (0, 1), SITE, 0, found=0, allowed=1)]
