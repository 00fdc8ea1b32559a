"""Spread: at most so many instances per domain, at most a share of all, over at least so many domains."""

from __future__ import annotations

import pytest

from solver.constraints import Spread
from solver.problem import Violation
from tests.solver.builders import CARRIER, LEVELS, RACK, SERVER, SITE, mates, node, pair, problem, workload
from tests.solver.constraints.check import broken

EVERY_LEVEL = pytest.mark.parametrize("level", range(len(LEVELS)), ids=LEVELS)
COARSER = pytest.mark.parametrize("level", range(RACK, len(LEVELS)), ids=LEVELS[RACK:])


@EVERY_LEVEL
def test_most_holds_across_domains(level: int) -> None:
    asked = problem(workload(), *pair(level), rules=[Spread((0,), level, most=2)])
    assert broken(asked, (0, 0, 2), (0, 1, 2)) == []


@EVERY_LEVEL
def test_most_breaks_in_each_crowded_domain(level: int) -> None:
    asked = problem(workload(), *pair(level), rules=[Spread((0,), level, most=2)])
    assert broken(asked, (0, 0, 3), (0, 1, 4)) == [
        Violation("spread", (0,), level, domain=0, found=3, allowed=2),
        Violation("spread", (0,), level, domain=1, found=4, allowed=2),
    ]


@COARSER
def test_most_counts_all_nodes_of_a_domain(level: int) -> None:
    asked = problem(workload(), *mates(level), rules=[Spread((0,), level, most=2)])
    assert broken(asked, (0, 0, 1), (0, 1, 1)) == []
    assert broken(asked, (0, 0, 1), (0, 1, 2)) == [Violation("spread", (0,), level, 0, found=3, allowed=2)]


def test_most_counts_all_workloads_and_modes_of_the_rule_and_no_other() -> None:
    modes = [{"cpu": 1}, {"memory": 1}]
    asked = problem(workload(), workload(modes=modes), workload(), node(), rules=[Spread((0, 1), SERVER, most=2)])
    assert broken(asked, (0, 0, 1), (1, 0, 1), (3, 0, 9)) == []
    assert broken(asked, (0, 0, 1), (1, 0, 1), (2, 0, 1)) == [Violation("spread", (0, 1), SERVER, 0, 3, 2)]


@EVERY_LEVEL
def test_share_is_of_all_instances_placed(level: int) -> None:
    asked = problem(workload(), *pair(level), rules=[Spread((0,), level, share=(2, 3))])
    assert broken(asked, (0, 0, 2), (0, 1, 1)) == []
    assert broken(asked, (0, 0, 3), (0, 1, 1)) == [
        Violation("spread", (0,), level, domain=0, found=3, allowed=2)  # 2/3 of 4, rounded down
    ]


def test_a_share_too_small_for_one_instance_allows_none() -> None:
    asked = problem(workload(), node(), node(), node(), rules=[Spread((0,), SERVER, share=(3, 10))])
    assert [each.allowed for each in broken(asked, (0, 0, 1), (0, 1, 1), (0, 2, 1))] == [0, 0, 0]


def test_a_share_of_a_third_is_exactly_a_third() -> None:
    asked = problem(workload(), node(), node(), node(), rules=[Spread((0,), SERVER, share=(1, 3))])
    assert broken(asked, (0, 0, 7), (0, 1, 7), (0, 2, 7)) == []


def test_the_stricter_of_most_and_share_is_reported() -> None:
    rule = Spread((0,), SERVER, most=3, share=(1, 2))
    asked = problem(workload(), node(), node(), rules=[rule])
    assert broken(asked, (0, 0, 4), (0, 1, 4)) == [
        Violation("spread", (0,), SERVER, 0, found=4, allowed=3),
        Violation("spread", (0,), SERVER, 1, found=4, allowed=3),
    ]
    assert broken(asked, (0, 0, 3), (0, 1, 2)) == [Violation("spread", (0,), SERVER, 0, found=3, allowed=2)]


@EVERY_LEVEL
def test_least_counts_domains(level: int) -> None:
    asked = problem(workload(), *pair(level), rules=[Spread((0,), level, least=2)])
    assert broken(asked, (0, 0, 1), (0, 1, 5)) == []
    assert broken(asked, (0, 0, 6)) == [Violation("spread", (0,), level, domain=-1, found=1, allowed=2)]


@COARSER
def test_least_takes_two_nodes_of_a_domain_for_one(level: int) -> None:
    asked = problem(workload(), *mates(level), rules=[Spread((0,), level, least=2)])
    assert broken(asked, (0, 0, 1), (0, 1, 1)) == [Violation("spread", (0,), level, -1, found=1, allowed=2)]


def test_nothing_new_breaks_nothing() -> None:
    rule = Spread((0,), SITE, most=1, share=(1, 2), least=2)
    asked = problem(workload(), workload(), node(), rules=[rule], fixed=[(0, 0, 5)])
    assert broken(asked) == []
    assert broken(asked, (1, 0, 1)) == []


def test_fixed_instances_count_for_every_limit() -> None:
    def asked(rule: Spread) -> list[Violation]:
        return broken(problem(workload(), node(), node(site=1), rules=[rule], fixed=[(0, 0, 2)]), (0, 0, 1), (0, 1, 1))

    assert asked(Spread((0,), SITE, most=3)) == []
    assert asked(Spread((0,), SITE, most=2)) == [Violation("spread", (0,), SITE, 0, found=3, allowed=2)]
    assert asked(Spread((0,), SITE, share=(3, 4))) == []
    assert asked(Spread((0,), SITE, share=(2, 3))) == [Violation("spread", (0,), SITE, 0, found=3, allowed=2)]
    assert asked(Spread((0,), SITE, least=2)) == []
    assert asked(Spread((0,), SITE, least=3)) == [Violation("spread", (0,), SITE, -1, found=2, allowed=3)]


def test_fixed_instances_that_break_the_rule_are_a_plan_s_business_where_it_adds() -> None:
    rule = Spread((0,), CARRIER, most=1)
    asked = problem(workload(), *pair(CARRIER), rules=[rule], fixed=[(0, 0, 2)])
    assert broken(asked, (0, 1, 1)) == []
    assert broken(asked, (0, 0, 1)) == [Violation("spread", (0,), CARRIER, 0, found=3, allowed=1)]
    assert broken(asked) == []
