"""Construct: what one pass places, and in which order."""

from __future__ import annotations

import pytest

from solver.constraints import Apart, Children, Completeness, Quota, Spread, Together
from solver.construct import construct
from solver.problem import Placement, Problem
from solver.referee import violations
from tests.solver.builders import RACK, SERVER, SITE, node, problem, workload
from tests.solver.hard import hard


def rows(asked: Problem, placement: Placement | None = None) -> list[tuple[int, int, int]]:
    """(mode, node, instances) of what is constructed, which is checked on the way."""
    made = construct(asked) if placement is None else placement
    assert violations(asked, made) == []
    return list(zip(made.mode.tolist(), made.node.tolist(), made.instances.tolist(), strict=True))


def placed(asked: Problem) -> list[int]:
    """Instances by workload."""
    made = construct(asked)
    assert violations(asked, made) == []
    owner = asked.owner(made.mode)
    return [int(made.instances[owner == workload].sum()) for workload in range(asked.workloads)]


def test_nothing_to_place() -> None:
    assert rows(problem(node())) == []
    assert rows(problem(workload(count=0), node())) == []
    assert rows(problem(workload())) == []
    assert rows(problem(workload(allowed=[]), node())) == []


def test_as_much_as_there_is_room_for() -> None:
    assert placed(problem(workload(cpu=3, count=9), node(cpu=8), node(cpu=5), node(cpu=2))) == [3]


def test_only_where_it_is_allowed() -> None:
    assert rows(problem(workload(count=2, allowed=[1]), node(cpu=9), node(cpu=1))) == [(0, 1, 1)]


def test_cheap_nodes_first() -> None:
    nodes = node(cpu=4, price=3), node(cpu=4, price=1), node(cpu=4, price=2)
    assert rows(problem(workload(count=6), *nodes, then="cost")) == [(0, 1, 4), (0, 2, 2)]


def test_busy_servers_first() -> None:
    nodes = node(cpu=4), node(cpu=4, busy=True), node(cpu=4)
    assert rows(problem(workload(count=4), *nodes, then="fewest-servers")) == [(0, 1, 4)]


def test_room_for_big_ones_is_kept() -> None:
    """Of eight cores there are two slots of four left, of six there is one: two cores are nobody's slot."""
    nodes = node(cpu=8), node(cpu=6)
    assert rows(problem(workload(cpu=2), *nodes, then="largest-slots", slot={"cpu": 4})) == [(0, 1, 1)]


def test_the_big_ones_come_before_the_small_ones() -> None:
    assert placed(problem(workload(cpu=1, count=4), workload(cpu=6), node(cpu=6), node(cpu=4))) == [4, 1]


def test_what_fits_nowhere_whole_leaves_nothing_behind() -> None:
    asked = problem(workload(cpu=3, count=4), node(cpu=8), node(cpu=5), rules=[Completeness((0,), 4)])
    assert placed(asked) == [0]


def test_a_group_is_left_out_together() -> None:
    nodes = node(cpu=5), node(cpu=4)
    whole = Completeness((0, 1), 3)
    assert placed(problem(workload(cpu=2, count=2), workload(cpu=6), *nodes, rules=[whole])) == [0, 0]
    assert placed(problem(workload(cpu=2, count=2), workload(cpu=5), *nodes, rules=[whole])) == [2, 1]


def test_a_share_of_less() -> None:
    """Two sites of ten and three slots, at most half in one: three and three."""
    sites = node(cpu=10), node(cpu=3, site=1)
    assert placed(problem(workload(count=10), *sites, rules=[Spread((0,), SITE, share=(1, 2))])) == [6]


def test_over_enough_domains() -> None:
    nodes = node(cpu=9), node(cpu=9, site=1), node(cpu=1, site=2)
    made = rows(problem(workload(count=9), *nodes, rules=[Spread((0,), SITE, least=3)]))
    assert len(made) == 3
    assert sum(count for _, _, count in made) == 9


def test_the_one_rack_where_all_fit() -> None:
    racks = node(cpu=3), node(cpu=2), node(cpu=3, rack=1), node(cpu=3, rack=1)
    asked = problem(workload(count=6), *racks, rules=[Together((0,), RACK), Completeness((0,), 6)])
    assert rows(asked) == [(0, 2, 3), (0, 3, 3)]


def test_parts_keep_apart() -> None:
    asked = problem(workload(count=9), workload(count=9), node(cpu=9), node(cpu=9), rules=[Apart(((0,), (1,)), SERVER)])
    assert placed(asked) == [9, 9]


def test_masters_take_their_children_along() -> None:
    """A site of nine cores holds three masters and two children, each of which serves two."""
    sites = node(cpu=9), node(cpu=4, site=1)
    asked = problem(
        workload(cpu=2, count=9),
        workload(cpu=1, count=9, weight=0),
        *sites,
        rules=[Children((0,), 1, SITE, ratio=2)],
    )
    assert placed(asked) == [4, 3]


def test_no_master_where_its_child_cannot_be() -> None:
    asked = problem(
        workload(count=2),
        workload(count=2, weight=0, allowed=[1]),
        node(cpu=9),
        node(cpu=2, site=1),
        rules=[Children((0,), 1, SITE, each=1)],
    )
    assert rows(asked) == [(0, 1, 1), (1, 1, 1)]


def test_so_many_in_each_site_or_none() -> None:
    sites = node(cpu=5), node(cpu=2, site=1), node(cpu=3, site=2)
    assert rows(problem(workload(count=9), *sites, rules=[Quota(0, SITE, 3)])) == [(0, 0, 3), (0, 2, 3)]


def test_what_stands_already_counts() -> None:
    nodes = node(cpu=9), node(cpu=9, site=1)
    asked = problem(workload(count=5), *nodes, rules=[Spread((0,), SITE, most=3)], fixed=[(0, 0, 2)])
    assert rows(asked) == [(0, 0, 1), (0, 1, 3)]


@pytest.mark.parametrize("level", [SERVER, SITE])
def test_what_stands_too_dense_is_no_reason_to_refuse(level: int) -> None:
    """Five on one node, where three are the limit; or half of all, of eight as of nine."""
    nodes = node(), node(site=1)
    most = problem(workload(count=3), *nodes, rules=[Spread((0,), level, most=3)], fixed=[(0, 1, 5)])
    assert rows(most) == [(0, 0, 3)]
    half = problem(workload(count=3), *nodes, rules=[Spread((0,), level, share=(1, 2))], fixed=[(0, 1, 5)])
    assert rows(half) in ([], [(0, 0, 3)])


def test_amounts_of_any_size() -> None:
    """A resource in bytes, such as huge pages, is no smaller a number than it looks."""
    for unit in (1, 2**20, 2**31, 16_000_000, 10**12):
        asked = problem(workload(pages=unit, count=9), node(pages=4 * unit), node(pages=4 * unit + unit - 1))
        assert placed(asked) == [8], unit


def test_a_start_stays_as_it_is() -> None:
    asked = problem(workload(count=3), workload(count=3), node(cpu=2), node(cpu=3))
    start = Placement.of([(1, 0, 1)])
    made = construct(asked, start=start)
    assert (1, 0, 1) in rows(asked, made) or (1, 0, 2) in rows(asked, made)
    assert made.instances.sum() == 5


def test_the_same_each_time() -> None:
    assert rows(hard()) == rows(hard())
