"""Plans with standby where room is scarce: others make way, spread wider, or are left out, never room sold twice."""

from __future__ import annotations

import numpy as np
import pytest

from solver import solve as module
from solver.constraints import Completeness, Rule, Standby
from solver.failover import Replans, protected
from solver.problem import Placement, Problem
from solver.referee import violations
from solver.solve import Limits, Result, solve
from tests.solver.builders import SITE, node, problem, workload

KEPT = Standby((0,), SITE, keep=(1, 1))


def crowded(sites: int = 6, wanted: int = 40) -> Problem:
    """One application with standby, narrower than its worth, and one without that takes all room when it may."""
    keep: list[Rule] = [KEPT, Completeness((0,), 8)]
    asks = [workload(count=8, weight=5), workload(count=wanted, weight=1)]
    return problem(*asks, *(node(site=site, cpu=8) for site in range(sites)), rules=keep)


def answer(asked: Problem) -> Result:
    return solve(asked, Limits(clock=lambda: 0.0, effort=6, gap=0.0))


def count(asked: Problem, placement: Placement) -> list[int]:
    owner = asked.owner(placement.mode)
    total = np.bincount(owner, placement.instances, minlength=asked.workloads)
    return [int(each) for each in total]


def test_those_without_standby_make_way() -> None:
    """48 cores: 8 instances, room for as much as a loss takes, and the rest."""
    asked = crowded()
    first = protected(asked, 0)
    assert violations(asked, first) == []
    again = Replans(asked, 0).next(Placement.empty(), lambda: False)
    assert again is not None
    assert violations(asked, again) == []
    placed, rest = count(asked, again)
    assert placed == 8
    assert rest >= 32


def test_the_exact_plan_is_proven() -> None:
    found = answer(crowded())
    assert found.status == "optimal"
    assert count(crowded(), found.placement)[0] == 8


def test_search_alone_keeps_standby(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "small", lambda asked: False)
    asked = crowded()
    found = answer(asked)
    assert violations(asked, found.placement) == []
    assert count(asked, found.placement)[0] == 8
    assert found.objective[0].bound <= found.objective[0].value


def test_a_partial_application_shrinks_to_what_can_restart() -> None:
    """Two sites of six cores: six run in one, and the other is kept for them."""
    asked = problem(workload(count=10), *(node(site=site, cpu=6) for site in range(2)), rules=[KEPT])
    assert count(asked, answer(asked).placement) == [6]
    rough = Replans(asked, 0).next(Placement.empty(), lambda: False)
    assert rough is not None
    assert violations(asked, rough) == []
    assert count(asked, rough)[0] >= 5


def test_nobody_promises_what_cannot_be() -> None:
    """One site only: nothing can restart elsewhere."""
    asked = crowded(sites=1, wanted=0)
    found = answer(asked)
    assert (found.status, len(found.placement)) == ("infeasible", 0)
