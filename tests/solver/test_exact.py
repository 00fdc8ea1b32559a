"""Exact: the optimum with its proof, term by term, or as much of it as there is work for."""

from __future__ import annotations

import math

from solver.constraints import Completeness, Rule, Spread, Together
from solver.exact import SMALL, Exact, exact, small
from solver.problem import Placement, Problem
from solver.referee import violations
from tests.solver.builders import RACK, SERVER, node, problem, workload


def found(asked: Problem, seconds: float = math.inf) -> Exact:
    return exact(asked, lambda: seconds, seed=0)


def test_one_term_after_the_other() -> None:
    """All three are placed before any price counts."""
    nodes = node(cpu=2, price=5), node(cpu=2, price=1)
    best = found(problem(workload(count=3), *nodes, then="cost"))
    assert best.bounds == (0, 7)
    assert best.placement is not None
    assert best.placement.instances.tolist() == [1, 2]


def test_rules_that_only_together_leave_no_way() -> None:
    rules: list[Rule] = [Together((0,), SERVER), Spread((0,), RACK, most=1), Completeness((0,), 2)]
    best = found(problem(workload(count=2), node(), node(rack=1), rules=rules))
    assert best.bounds == (2,)
    assert best.placement is not None
    assert len(best.placement) == 0


def test_what_must_be_placed_and_cannot() -> None:
    assert found(problem(workload(count=2, must=2), node(cpu=1))) == Exact(None, ())


def test_nothing_to_decide() -> None:
    assert found(problem(node())).bounds == (0,)
    assert found(problem(workload(allowed=[], weight=3), node())).bounds == (3,)


def test_without_time_its_bounds_are_still_true() -> None:
    asked = problem(*(workload(cpu=3 + i, count=2) for i in range(8)), *(node(cpu=20) for _ in range(5)), then="cost")
    hasty, best = found(asked, seconds=0.0), found(asked)
    assert len(best.bounds) == 2
    assert all(early <= late for early, late in zip(hasty.bounds, best.bounds, strict=False))
    assert hasty.placement is None or violations(asked, hasty.placement) == []


def test_the_same_each_time() -> None:
    asked = problem(*(workload(cpu=3 + i % 4, count=2) for i in range(6)), *(node(cpu=11) for _ in range(5)))

    def made() -> Placement | None:
        return found(asked).placement

    first, second = made(), made()
    assert first is not None
    assert second is not None
    assert first.node.tolist() == second.node.tolist()


def test_small_counts_the_choices() -> None:
    assert small(problem(workload(), *[node()] * SMALL))
    assert not small(problem(workload(), workload(), *[node()] * (SMALL // 2 + 1)))
    assert small(problem(workload(), workload(count=0), *[node()] * SMALL)), "who wants nothing has no choice"
    assert not small(problem(workload(modes=[{}, {}]), *[node()] * (SMALL // 2 + 1)))
