"""Survival: what remains after losing any domains of a level still is enough."""

from __future__ import annotations

import pytest

from solver.constraints import Survival
from solver.problem import Violation
from tests.solver.builders import LEVELS, SERVER, SITE, node, pair, problem, workload
from tests.solver.constraints.check import broken

EVERY_LEVEL = pytest.mark.parametrize("level", range(len(LEVELS)), ids=LEVELS)


@EVERY_LEVEL
def test_holds_when_a_half_may_be_lost_and_is(level: int) -> None:
    asked = problem(workload(), *pair(level), rules=[Survival((0,), level, 1, keep=(1, 2))])
    assert broken(asked, (0, 0, 2), (0, 1, 2)) == []


@EVERY_LEVEL
def test_breaks_when_the_fullest_domain_takes_too_much(level: int) -> None:
    asked = problem(workload(), *pair(level), rules=[Survival((0,), level, 1, keep=(1, 2))])
    assert broken(asked, (0, 0, 3), (0, 1, 2)) == [Violation("survival", (0,), level, -1, found=2, allowed=3)]


def test_the_worst_loss_takes_the_fullest_domains_together() -> None:
    nodes = [node(site=site) for site in range(4)]
    asked = problem(workload(), *nodes, rules=[Survival((0,), SITE, 2, keep=(1, 3))])
    assert broken(asked, (0, 0, 3), (0, 1, 1), (0, 2, 1), (0, 3, 1)) == []
    assert broken(asked, (0, 0, 3), (0, 1, 2), (0, 2, 1)) == [Violation("survival", (0,), SITE, -1, 1, 2)]


def test_a_number_has_to_remain_however_many_there_are() -> None:
    asked = problem(workload(), node(), node(), rules=[Survival((0,), SERVER, 1, least=2)])
    assert broken(asked, (0, 0, 2), (0, 1, 2)) == []
    assert broken(asked, (0, 0, 4), (0, 1, 1)) == [Violation("survival", (0,), SERVER, -1, 1, 2)]


def test_losing_as_many_domains_as_there_are_leaves_nothing() -> None:
    asked = problem(workload(), node(), node(), rules=[Survival((0,), SERVER, 2, least=1)])
    assert broken(asked, (0, 0, 1), (0, 1, 1)) == [Violation("survival", (0,), SERVER, -1, 0, 1)]


def test_what_is_fixed_counts_on_both_sides() -> None:
    rules = [Survival((0, 1), SERVER, 1, keep=(1, 2))]
    asked = problem(workload(), workload(), node(), node(), rules=rules, fixed=[(0, 0, 2)])
    assert broken(asked, (1, 1, 2)) == []
    assert broken(asked, (1, 0, 1)) == [Violation("survival", (0, 1), SERVER, -1, 0, 2)]
    assert broken(asked) == []  # nothing new: the rule does not speak
