"""A conflict is impossible as a set and possible without any one of its facts, judged by trying every placement."""

from __future__ import annotations

from collections.abc import Iterator

from hypothesis import assume, event, given

from solver.constraints import Completeness
from solver.explain import Barred, Conflict, Owed, Room, System
from solver.explain.conflict import Search, checked, conflict, order, quick
from solver.explain.system import Fact, is_rule
from solver.problem import Placement, Problem
from tests import oracle
from tests.properties.strategies import FAMILIES, examples, problems
from tests.solver.builders import SITE

SMALL = [name for name in FAMILIES if name != "completeness"]
few = problems(SMALL, most_rules=2, most_nodes=3, most_workloads=2, most_count=3)


@examples(60)
@given(few)
def test_what_the_engines_call_a_conflict_is_one(asked: Problem) -> None:
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


def _impossible(judge: list[frozenset[int]], found: Conflict) -> None:
    assert found.proven
    assert not any(broken.isdisjoint(found.facts) for broken in judge), found


def _is_minimal(judge: list[frozenset[int]], found: Conflict) -> None:
    _impossible(judge, found)
    assert found.minimal
    for name in found.facts:
        rest = set(found.facts) - {name}
        assert any(broken.isdisjoint(rest) for broken in judge), (found, name)


def _ways(problem: Problem) -> int:
    """A bound on the placements to be tried."""
    total = 1
    for workload in range(problem.workloads):
        seats = len(problem.allowed[workload]) * len(problem.modes_of(workload))
        total *= (seats + 1) ** int(problem.count[workload])
    return total


def _broken(system: System) -> Iterator[frozenset[int]]:
    """For every placement, the facts that it breaks."""
    for placement in oracle.placements(system.problem):
        yield frozenset(name for name, fact in enumerate(system.facts) if not _holds(system.problem, fact, placement))


def _holds(problem: Problem, fact: Fact, placement: Placement) -> bool:
    new = oracle._stand(problem, placement)
    if isinstance(fact, Owed):
        return oracle._sum(new, fact.workloads) >= fact.least
    if isinstance(fact, Barred):
        return not any(workload in fact.workloads and node in fact.nodes.tolist() for workload, node, _ in new)
    if isinstance(fact, Room):
        room = oracle._room(problem, placement)
        return all(free >= 0 for node in fact.nodes.tolist() for free in room[node])
    assert is_rule(fact)
    assert not isinstance(fact, Completeness)
    return oracle._holds(fact, problem, new, oracle._stand(problem, problem.fixed))
