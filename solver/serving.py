"""Serving: users to the sites that answer them: as many as can be, then as near as can be, both proven."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from ortools.graph.python import min_cost_flow

from solver.problem import Ids, Ints


@dataclass(frozen=True, slots=True)
class Served:
    """Rows of three columns: group of users, site, users. left: [groups], users that nobody has room for. cost: the
    latency of all who are served, summed."""

    group: Ids
    site: Ids
    users: Ints
    left: Ints
    cost: int


def serve(users: Ints, room: Ints, latency: Ints) -> Served:
    """users: [groups]. room: [sites], users that each can answer. latency: [groups, sites], negative where a site may
    not answer a group. A transportation problem, solved to the optimum as a flow of minimum cost (A. V. Goldberg, "An
    efficient implementation of a scaling minimum-cost flow algorithm", J. Algorithms 22, 1997)."""
    groups, sites = latency.shape
    beyond, sink = groups + sites, groups + sites + 1
    group, site = np.nonzero(latency >= 0)
    dear = int(latency.max(initial=0)) + 1
    flow = min_cost_flow.SimpleMinCostFlow()
    arcs = flow.add_arcs_with_capacity_and_unit_cost(
        np.concatenate([group, np.arange(groups), groups + np.arange(sites), [beyond]]),
        np.concatenate([groups + site, np.full(groups, beyond), np.full(sites, sink), [sink]]),
        np.concatenate([np.minimum(users[group], room[site]), users, room, [users.sum()]]),
        np.concatenate([latency[group, site], np.full(groups, dear), np.zeros(sites + 1, np.int64)]),
    )
    supply = np.concatenate([users, np.zeros(sites + 2, np.int64)])
    supply[sink] = -int(users.sum())
    flow.set_nodes_supplies(np.arange(len(supply)), supply)
    status = flow.solve()
    if status != flow.OPTIMAL:
        raise ArithmeticError(f"found no flow: {status}")
    sent = np.asarray(flow.flows(arcs), np.int64)
    some = sent[: len(group)] > 0
    taken = sent[: len(group)][some]
    cost = int(latency[group[some], site[some]] @ taken)
    left = sent[len(group) : len(group) + groups]
    return Served(group[some].astype(np.int32), site[some].astype(np.int32), taken, left, cost)
