"""Standing: new and fixed instances by workload and by domain."""

from __future__ import annotations

from solver.problem import Placement
from solver.standing import Standing
from tests.solver.builders import SERVER, SITE, node, problem, workload

ASKED = problem(
    workload(),
    workload(modes=[{"cpu": 1}, {"memory": 1}]),
    workload(),
    node(),
    node(),
    node(site=1),
    node(site=2),
    fixed=[(0, 3, 4), (1, 0, 1), (2, 0, 1)],
)
STANDING = Standing(ASKED, Placement.of([(0, 0, 1), (1, 1, 2), (2, 1, 3), (3, 2, 5)]))


def test_counts_by_workload() -> None:
    assert [STANDING.placed([each]) for each in range(3)] == [1, 5, 5]
    assert [STANDING.fixed([each]) for each in range(3)] == [4, 2, 0]
    assert STANDING.placed([2, 0]) == 6
    assert STANDING.placed([]) == STANDING.fixed([]) == 0


def test_rows_of_workloads() -> None:
    nodes, instances = STANDING.new([2, 1])
    assert list(zip(nodes.tolist(), instances.tolist(), strict=True)) == [(2, 5), (1, 2), (1, 3)]


def test_domains_where_workloads_stand() -> None:
    def at(level: int, *workloads: int) -> list[list[int]]:
        return [column.tolist() for column in STANDING.per_domain(workloads, level)]

    assert at(SITE, 0, 1) == [[0, 2], [6, 0], [8, 4]]
    assert at(SERVER, 1) == [[0, 1], [0, 5], [2, 5]]
    assert at(SITE, 2) == [[1], [5], [5]]
    assert at(SITE) == [[], [], []]
