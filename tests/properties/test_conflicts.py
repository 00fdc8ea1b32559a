"""A conflict is impossible as a set and possible without any one of its facts, judged by trying every placement."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import assume, event, given

from solver.constraints import Children, Completeness
from solver.explain import Barred, Conflict, Owed, Room, System, coarse
from solver.explain.conflict import Search, checked, conflict, order, quick
from solver.explain.proof import Proof
from solver.explain.system import Fact, is_rule
from solver.problem import Placement, Problem
from tests import oracle
from tests.properties.strategies import FAMILIES, examples, problems
from tests.solver.builders import SITE, node, problem, workload

SMALL = [name for name in FAMILIES if name not in ("completeness", "moves") and not name.startswith("soft")]
few = problems(SMALL, most_rules=2, most_nodes=3, most_workloads=2, most_count=3)


@examples(50)
@given(few)
def test_what_the_engines_call_a_conflict_is_one(asked: Problem) -> None:
    assume(not len(asked.home))  # moves are for those who ask for them
    system = System.of(asked, SITE)
    assume(_ways(system.problem) < 20_000)
    judge = list(_broken(system))
    search = Search(system, order(system), lambda: 30.0)
    early = quick(search)
    if early is not None:
        _impossible(judge, early)
        agreed = checked(search, early)
        assert agreed is not None, "the engines disagree"
        _is_minimal(judge, agreed)
    found = conflict(Search(system, order(system), lambda: 30.0))
    possible = any(not broken for broken in judge)
    event(f"bounds {early is not None}, possible {possible}")
    assert (found is None) == possible
    if found is not None and found.engine == "proof":
        _is_minimal(judge, found)


@examples(25)
@given(few)
def test_what_is_impossible_on_coarse_nodes_is_impossible(asked: Problem) -> None:
    assume(not len(asked.home))  # moves are for those who ask for them
    system = System.of(asked, SITE)
    assume(_ways(system.problem) < 5_000)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(coarse, "FINE", -1)
        verdict = Proof(system).check(system.everything, lambda: 30.0)
        core = Proof(system).check(system.everything, lambda: 30.0, core=True).core
    possible = any(not broken for broken in _broken(system))
    event(f"{verdict.answer}, possible {possible}")
    assert verdict.answer is not True, "coarse nodes never say that"
    assert not (possible and verdict.answer is False)
    assert core is None or not possible


def test_what_is_not_owed_may_be_placed_all_the_same() -> None:
    """A master with its child, which is owed too: without that, the child still may follow."""
    asked = problem(workload(), workload(), node(cpu=2), rules=[Children((0,), 1, SITE, ratio=1)])
    system = System.of(asked, SITE)
    search = Search(system, order(system), lambda: 30.0)
    owed = system.of_kind(Owed)
    assert not search.impossible(system.everything - {owed[1]})
    assert search.settled(system.everything - {owed[1]})


def _impossible(judge: list[frozenset[int]], found: Conflict) -> None:
    assert found.proven
    assert not any(broken.isdisjoint(found.facts) for broken in judge), found


def _is_minimal(judge: list[frozenset[int]], found: Conflict) -> None:
    _impossible(judge, found)
    assert found.minimal
    for name in found.facts:
        rest = set(found.facts) - {name}
        assert any(broken.isdisjoint(rest) for broken in judge), (found, name)


def _ways(asked: Problem) -> int:
    """A bound on the placements to be tried."""
    total = 1
    for work in range(asked.workloads):
        seats = len(asked.allowed[work]) * len(asked.modes_of(work))
        total *= (seats + 1) ** int(asked.count[work])
    return total


def _broken(system: System) -> Iterator[frozenset[int]]:
    """For every placement, the facts that it breaks."""
    for placement in oracle.placements(system.problem):
        yield frozenset(name for name, fact in enumerate(system.facts) if not _holds(system.problem, fact, placement))


def _holds(asked: Problem, fact: Fact, placement: Placement) -> bool:
    new = oracle._stand(asked, placement)
    if isinstance(fact, Owed):
        return oracle._sum(new, fact.workloads) >= fact.least
    if isinstance(fact, Barred):
        return not any(work in fact.workloads and node in fact.nodes.tolist() for work, node, _ in new)
    if isinstance(fact, Room):
        room = oracle._room(asked, placement)
        return all(free >= 0 for node in fact.nodes.tolist() for free in room[node])
    assert is_rule(fact)
    assert not isinstance(fact, Completeness)
    return oracle._holds(fact, asked, placement, new, oracle._stand(asked, asked.fixed))
