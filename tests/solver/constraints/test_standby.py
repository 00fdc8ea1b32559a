"""Standby: after any single loss enough runs again, on nodes outside of the loss, with room for all of it at once."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from solver.constraints import Apart, Standby
from solver.problem import Placement, Problem, Violation
from solver.referee import violations
from solver.restarts import Reserved, Restarts
from tests.properties.cpsat import accepts, posted
from tests.solver.builders import SITE, Row, node, problem, workload

Again = tuple[int, int, int, int, int]  # mode, node, level, domain, instances


def found(asked: Problem, rows: list[Row], *again: Again) -> list[Violation]:
    """What the referee says; CP-SAT must agree."""
    placement = Placement.of(rows).along_with(Restarts.of(again))
    broken = violations(asked, placement)
    assert accepts(posted(asked), placement) == (not broken)
    return broken


def sites(*rules: Standby | Apart, cpu: int = 4, workloads: int = 1) -> Problem:
    """Three sites of one node."""
    asked = [workload(count=4) for _ in range(workloads)]
    return problem(*asked, *(node(site=at, cpu=cpu) for at in range(3)), rules=rules)


ALL, HALF = Standby((0,), SITE, keep=(1, 1)), Standby((0,), SITE, keep=(1, 2))


def test_what_is_lost_restarts_elsewhere() -> None:
    assert found(sites(ALL), [(0, 0, 4)], (0, 1, SITE, 0, 3), (0, 2, SITE, 0, 1)) == []


def test_too_few_restarts_are_missed_at_the_loss() -> None:
    (broken,) = found(sites(ALL), [(0, 0, 3), (0, 1, 1)], (0, 2, SITE, 0, 3))
    assert broken == Violation("standby", (0,), SITE, 1, found=3, allowed=4)


def test_what_survives_by_itself_needs_none() -> None:
    assert found(sites(HALF), [(0, 0, 2), (0, 1, 2)]) == []
    assert found(sites(Standby((0,), SITE, least=2)), [(0, 0, 2), (0, 1, 2)]) == []


def test_nothing_restarts_inside_of_what_is_lost() -> None:
    broken = found(sites(ALL, cpu=9), [(0, 0, 4)], (0, 0, SITE, 0, 4))
    assert broken == [Violation("restart-inside", (0,), 0, 0, 4, 0, lost=(SITE, 0))]


def test_no_more_restarts_than_were_lost() -> None:
    broken = found(sites(HALF), [(0, 0, 2), (0, 1, 2)], (0, 2, SITE, 0, 3))
    assert broken == [Violation("restart-surplus", (0,), SITE, 0, found=3, allowed=2)]


def test_restarts_of_another_level_are_none_of_the_rule() -> None:
    assert "restart-surplus" in {each.rule for each in found(sites(HALF), [(0, 0, 1)], (0, 1, 0, 0, 1))}


def test_restarts_go_where_their_workload_may_run() -> None:
    asked = problem(workload(count=2, allowed=[0, 1]), *(node(site=at) for at in range(3)), rules=[ALL])
    broken = found(asked, [(0, 0, 2)], (0, 2, SITE, 0, 2))
    assert broken == [Violation("restart-eligibility", (0,), 0, 2, 2, 0, lost=(SITE, 0))]


def test_losses_share_room_but_each_needs_all_of_its_own() -> None:
    both = Standby((1,), SITE, keep=(1, 1))
    asked = sites(ALL, both, workloads=2)
    shared = [(0, 2, SITE, 0, 4), (1, 2, SITE, 1, 4)]
    assert found(asked, [(0, 0, 4), (1, 1, 4)], *shared) == []
    assert found(asked, [(0, 0, 2), (1, 0, 2)], (0, 2, SITE, 0, 2), (1, 2, SITE, 0, 2)) == []
    crowded = found(
        asked, [(0, 0, 2), (1, 0, 2), (0, 2, 1)], (0, 2, SITE, 0, 2), (1, 2, SITE, 0, 2), (0, 1, SITE, 2, 1)
    )
    assert crowded == [Violation("restart-capacity", (0, 1), 0, 2, found=5, allowed=4, resource=0, lost=(SITE, 0))]


def test_room_in_the_books_is_shared_with_other_losses_only() -> None:
    """Node 2 keeps all of its room for the loss of site 1."""
    row = np.array([2], np.int32), np.array([SITE], np.int32), np.array([1], np.int32)
    asked = replace(sites(ALL), reserved=Reserved(*row, np.array([[4]])), capacity=np.array([[4], [4], [0]]))
    assert found(asked, [(0, 0, 4)], (0, 2, SITE, 0, 4)) == []
    (broken,) = found(asked, [(0, 1, 4)], (0, 2, SITE, 1, 4))
    assert (broken.rule, broken.found, broken.allowed) == ("restart-capacity", 8, 4)


def test_restarts_in_the_books_count() -> None:
    standing = Placement.of([(0, 0, 2)]).along_with(Restarts.of([(0, 1, SITE, 0, 2)]))
    asked = replace(sites(ALL), fixed=standing)
    assert found(asked, [(0, 2, 2)], (0, 1, SITE, 2, 2)) == []
    assert [each.rule for each in found(asked, [(0, 0, 2)], (0, 1, SITE, 0, 1))] == ["standby"]


def test_restarts_stay_apart_from_what_runs_and_what_restarts() -> None:
    apart = Apart(((0,), (1,)), SITE)
    asked = sites(ALL, apart, workloads=2, cpu=8)
    assert found(asked, [(0, 0, 1), (1, 1, 1)], (0, 2, SITE, 0, 1)) == []
    (broken,) = found(asked, [(0, 0, 1), (1, 1, 1)], (0, 1, SITE, 0, 1))
    assert broken == Violation("apart", (0, 1), SITE, 1, 2, 1)
