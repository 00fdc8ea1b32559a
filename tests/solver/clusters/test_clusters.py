"""Clusters of sites against brute force: sizes are kept, nothing is nearer than the bound, and few servers change."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations, product

import numpy as np
from hypothesis import assume, event, given
from hypothesis import strategies as st

from solver.clusters import Hosting, assign, clustered, relaxed
from tests.properties.strategies import examples

LEAST, MOST = 4, 9


def hosting(size: Sequence[int], places: Sequence[int], clusters: int, before: Sequence[int] | None = None) -> Hosting:
    """Sites on a line, places in kilometres."""
    at = np.array(places, np.int64) * 1000
    count = np.array(size, np.int64)
    home = np.array([-1] * len(size) if before is None else before, np.int32)
    return Hosting(count, np.abs(at[:, None] - at[None, :]), LEAST, MOST, clusters, home, count)


def ways(problem: Hosting) -> list[tuple[tuple[int, ...], tuple[int, ...], int]]:
    """Every (centres, cluster of each site, cost) within the sizes."""
    found = []
    for centres in combinations(range(problem.sites), problem.clusters):
        for cluster in product(range(problem.clusters), repeat=problem.sites):
            load = np.bincount(cluster, problem.size, problem.clusters)
            if ((load >= problem.least) & (load <= problem.most)).all():
                cost = int(problem.cost[np.arange(problem.sites), np.array(centres)[list(cluster)]].sum())
                found.append((centres, cluster, cost))
    return found


sites = st.lists(st.tuples(st.integers(1, 5), st.integers(0, 40)), min_size=4, max_size=6)


@examples(25)
@given(sites=sites, clusters=st.integers(1, 3))
def test_no_way_is_nearer_than_the_bound(sites: list[tuple[int, int]], clusters: int) -> None:
    problem = hosting([size for size, _ in sites], [place for _, place in sites], clusters)
    every = ways(problem)
    found = clustered(problem)
    if not every:
        event("no way")
        assert found is None
        return
    best = min(cost for _, _, cost in every)
    assert relaxed(problem, best).bound <= best
    assert found is not None
    load = np.bincount(found.cluster, problem.size, clusters)
    assert ((load >= LEAST) & (load <= MOST)).all()
    assert found.cost == int(problem.cost[np.arange(problem.sites), found.centre[found.cluster]].sum())
    assert found.bound <= best <= found.cost
    event("the best" if found.cost == best else "not the best")


@examples(40)
@given(sites=sites, data=st.data())
def test_the_fewest_servers_change(sites: list[tuple[int, int]], data: st.DataObject) -> None:
    size, places = [size for size, _ in sites], [place for _, place in sites]
    before = data.draw(st.lists(st.integers(-1, 1), min_size=len(sites), max_size=len(sites)))
    assume({0, 1} <= set(before))
    problem = hosting(size, places, 2, before)
    centres = [before.index(0), before.index(1)]
    found = assign(problem, centres, 5.0)
    moves = [
        sum(count for count, old, new in zip(size, before, cluster, strict=True) if old not in (-1, new))
        for chosen, cluster, _ in ways(problem)
        if chosen == (0, 1)
    ]
    assert (found is None) == (not moves)
    if found is not None:
        assert found.moved == min(moves) == found.moved_bound


def test_two_towns_are_two_clusters() -> None:
    problem = hosting([3, 2, 2, 3, 1, 2], [0, 1, 2, 100, 101, 102], 2)
    found = clustered(problem)
    assert found is not None
    assert found.cluster[0] == found.cluster[1] == found.cluster[2] != found.cluster[3]
    assert (found.cost, found.bound) in [(10_000, 10_000), (10_000, 9_999)]


def test_a_new_cluster_is_opened_where_there_is_no_room() -> None:
    problem = hosting([4, 4, 4, 5, 3], [0, 1, 2, 50, 51], 2, [0, 0, -1, -1, -1])
    small = Hosting(problem.size, problem.metres, LEAST, 12, 2, problem.before, problem.old)
    found = clustered(small)
    assert found is not None
    assert (found.moved, found.cluster.tolist()) == (0, [0, 0, 0, 1, 1])
