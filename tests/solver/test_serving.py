"""Users to sites: as many as there is room for, and of all such ways the nearest; a flow of networkx agrees."""

from __future__ import annotations

import networkx as nx
import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from solver.serving import serve
from tests.properties.strategies import examples

amounts = st.lists(st.integers(0, 9), min_size=1, max_size=4)


@examples(80)
@given(users=amounts, room=amounts, data=st.data())
def test_it_is_the_cheapest_of_the_largest_flows(users: list[int], room: list[int], data: st.DataObject) -> None:
    row = st.lists(st.integers(-1, 12), min_size=len(room), max_size=len(room))
    latency = data.draw(st.lists(row, min_size=len(users), max_size=len(users)))
    found = serve(np.array(users), np.array(room), np.array(latency))
    flow: nx.DiGraph[str] = nx.DiGraph()
    flow.add_nodes_from(["source", "sink"])
    for group, count in enumerate(users):
        flow.add_edge("source", f"g{group}", capacity=count, weight=0)
        for site, each in enumerate(latency[group]):
            if each >= 0:
                flow.add_edge(f"g{group}", f"s{site}", capacity=count, weight=each)
    for site, count in enumerate(room):
        flow.add_edge(f"s{site}", "sink", capacity=count, weight=0)
    best = nx.max_flow_min_cost(flow, "source", "sink")
    assert found.users.sum() == sum(best["source"].values())
    assert found.cost == nx.cost_of_flow(flow, best)
    assert (np.bincount(found.group, found.users, len(users)) + found.left == users).all()
    assert (np.bincount(found.site, found.users, len(room)) <= room).all()
    assert all(latency[group][site] >= 0 for group, site in zip(found.group, found.site, strict=True))
