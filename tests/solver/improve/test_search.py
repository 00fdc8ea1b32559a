"""Search: rounds of equal work that never lose what was found."""

from __future__ import annotations

from solver.construct import construct
from solver.improve import Search
from solver.objective import terms
from solver.problem import Placement, Problem
from solver.referee import violations
from tests.solver.builders import node, problem, workload
from tests.solver.hard import hard


def values(asked: Problem, placement: Placement) -> tuple[int, ...]:
    return tuple(term.value(asked, placement) for term in terms(asked))


def searched(asked: Problem, start: Placement, rounds: int, seed: int = 0, lanes: int = 2) -> Placement:
    with Search(asked, start, lanes, seed) as search:
        for _ in range(rounds):
            search.round()
        return search.best()


def rows(placement: Placement) -> list[list[int]]:
    return [column.tolist() for column in (placement.mode, placement.node, placement.instances)]


def test_no_round_leaves_the_start_as_it_is() -> None:
    start = construct(hard())
    assert rows(searched(hard(), start, rounds=0)) == rows(start)


def test_it_gets_better_round_by_round() -> None:
    asked = hard(then="cost")
    scores = []
    with Search(asked, construct(asked), lanes=2, seed=0) as search:
        for _ in range(10):
            scores.append(values(asked, search.round()))
    assert scores == sorted(scores, reverse=True)
    assert scores[-1] < scores[0] < values(asked, construct(asked))
    assert violations(asked, search.best()) == []


def test_from_nothing() -> None:
    asked = problem(workload(cpu=3, count=3), workload(cpu=2, count=2), node(cpu=8), node(cpu=5))
    assert values(asked, searched(asked, Placement.empty(), rounds=2)) == (0,)


def test_a_knot_that_one_pass_does_not_untie() -> None:
    """5 + 3 + 2 and 4 + 4 + 2 fill two nodes of ten; the largest first leaves a two out."""
    asked = problem(*(workload(cpu=cpu) for cpu in (5, 4, 4, 3, 2, 2)), node(cpu=10), node(cpu=10))
    assert values(asked, searched(asked, construct(asked), rounds=5)) == (0,)


def test_what_can_go_nowhere_is_left_alone() -> None:
    for lost in (0, 1):
        work = [workload(count=2), workload(count=2)]
        work[lost] = workload(count=2, allowed=[])
        asked = problem(*work, node(cpu=5), node(cpu=5, site=1))
        assert values(asked, searched(asked, Placement.empty(), rounds=20)) == (2,)


def test_the_same_work_finds_the_same() -> None:
    asked = hard()
    start = construct(asked)
    assert rows(searched(asked, start, rounds=10, seed=3)) == rows(searched(asked, start, rounds=10, seed=3))


def test_seeds_and_lanes_look_elsewhere() -> None:
    asked = hard()
    start = construct(asked)
    found = [searched(asked, start, 3, seed, lanes) for seed, lanes in ((0, 1), (1, 1), (0, 2))]
    assert len({str(rows(each)) for each in found}) > 1


def test_lanes_go_on_from_a_better_start() -> None:
    asked = hard()
    better = searched(asked, construct(asked), rounds=10)
    with Search(asked, construct(asked), lanes=2, seed=9) as search:
        search.go_on_from(better)
        assert rows(search.best()) == rows(better)
        assert values(asked, search.round()) <= values(asked, better)
        search.go_on_from(Placement.empty())
        assert values(asked, search.best()) <= values(asked, better)
