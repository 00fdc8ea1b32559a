"""A plan that is forced somewhere is the best of those that are there: judged by trying every placement."""

from __future__ import annotations

import numpy as np
from hypothesis import assume, given
from hypothesis import strategies as st

from solver.constraints import Children, Quota, Standby
from solver.exact import exact
from solver.explain import forced, merged
from solver.problem import Placement, Problem
from tests import oracle
from tests.properties.strategies import FAMILIES, examples, problems

KINDS = [name for name in FAMILIES if name != "moves"]


@examples(40)
@given(asked=problems(KINDS, most_rules=2, most_nodes=3, most_workloads=2, most_count=3), data=st.data())
def test_forced_is_as_good_as_the_best_that_is_there(asked: Problem, data: st.DataObject) -> None:
    workload = data.draw(st.integers(0, asked.workloads - 1))
    nodes = np.array(data.draw(st.lists(st.integers(0, asked.nodes - 1), min_size=1, unique=True)), np.int32)
    assume(asked.count[workload] > 0)
    assume(not asked.must.any() and not len(asked.home))
    assume(not any(isinstance(rule, Quota) and rule.workload == workload for rule in asked.rules))
    assume(not any(isinstance(rule, Standby) and workload in rule.workloads for rule in asked.rules))
    assume(not any(isinstance(rule, Children) and rule.child == workload for rule in asked.rules))
    there = [
        oracle.score(asked, placement)[0]
        for placement in oracle.placements(asked)
        if _there(asked, placement, workload, nodes) and oracle.accepts(asked, placement)
    ]
    found = exact(forced(asked, workload, nodes, 1), lambda: 10.0, seed=0, work=10.0).placement
    assert found is not None
    made = merged(asked, workload, found)
    if _there(asked, made, workload, nodes):
        assert oracle.accepts(asked, made)
        assert oracle.score(asked, made)[0] == min(there)
    else:
        assert not there


def _there(asked: Problem, placement: Placement, workload: int, nodes: np.ndarray) -> bool:
    mine = asked.owner(placement.mode) == workload
    return bool(np.isin(placement.node[mine], nodes).any())
