"""Zones: nodes that no workload and no rule of a place can tell apart, counted as one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from solver.buying.market import Market
from solver.constraints import Spread, Survival
from solver.problem import Ids, Ints, Problem
from solver.returns import slots

MOST = 400
"""Places that zones are kept apart by; with more of them, rules of places are left out of the bound."""
SITE = 2
"""The level from which on rules are looked at: server, rack, site."""


@dataclass(frozen=True, slots=True)
class Zones:
    """Nodes that stand, and offers. offer [zones]: which of `offers` (-1: it stands). room [zones, resources]: summed
    over what stands; of one server for an offer. slots [zones, workloads]: of each alone, likewise.

    offers: lists of offers that are alike; offer_of [offers]: the list that each is in. node [zones]: one of the nodes.
    kept: levels at which no zone has nodes of several domains.
    """

    problem: Problem
    many: Ints
    offer: Ids
    rate: Ids
    room: Ints
    slots: Ints
    node: Ids
    offers: tuple[list[int], ...]
    offer_of: Ids
    kept: frozenset[int]

    def apart(self, level: int) -> bool:
        return level in self.kept

    def domain(self, level: int, zone: int) -> int:
        return int(self.problem.topology.domain[level, self.node[zone]])


def zones(market: Market) -> Zones:
    problem = market.problem
    member = _membership(problem)
    place, kept = _places(problem, member)
    stands = np.ones(problem.nodes, np.bool_)
    stands[market.nodes] = False
    useful = np.flatnonzero(stands & member.any(axis=1)).astype(np.int32)
    key = np.concatenate([place[useful, None], problem.rate[useful, None], member[useful]], axis=1)
    _, first, which = np.unique(key, axis=0, return_index=True, return_inverse=True)
    which = which.reshape(-1)
    alone = _slots(problem, useful)
    standing = len(first)
    room = np.zeros((standing, problem.capacity.shape[1]), np.int64)
    total = np.zeros((standing, problem.workloads), np.int64)
    np.add.at(room, which, np.maximum(problem.capacity[useful], 0))
    np.add.at(total, which, alone)
    offers, offer_of = _alike(market, member, place)
    sample = market.nodes[[members[0] for members in offers]]
    return Zones(
        problem=problem,
        many=np.append(np.bincount(which, minlength=standing), [len(members) for members in offers]).astype(np.int64),
        offer=np.append(np.full(standing, -1), np.arange(len(offers))).astype(np.int32),
        rate=np.append(problem.rate[useful[first]], problem.rate[sample]).astype(np.int32),
        room=np.concatenate([room, problem.capacity[sample]]),
        slots=np.concatenate([total, _slots(problem, sample)]),
        node=np.append(useful[first], sample).astype(np.int32),
        offers=tuple(offers),
        offer_of=offer_of,
        kept=kept,
    )


def _membership(problem: Problem) -> NDArray[np.bool_]:
    """[nodes, distinct sets of allowed nodes]: which of them a node is in."""
    distinct = {id(allowed): allowed for allowed, count in zip(problem.allowed, problem.count, strict=True) if count}
    member = np.zeros((problem.nodes, max(len(distinct), 1)), np.bool_)
    for column, allowed in enumerate(distinct.values()):
        member[allowed, column] = True
    return member


def _places(problem: Problem, member: NDArray[np.bool_]) -> tuple[Ids, frozenset[int]]:
    """(the place of every node, levels that places are part of): its site where a rule speaks of sites or what they are
    part of; one place for all where there is no such rule, or where sites are too many."""
    levels = {rule.level for rule in problem.rules if isinstance(rule, Spread | Survival) and rule.level >= SITE}
    nowhere = np.zeros(problem.nodes, np.int32)
    if not levels:
        return nowhere, frozenset()
    place = problem.topology.domain[SITE]
    if len(np.unique(place[member.any(axis=1)])) > MOST:
        return nowhere, frozenset()
    return place, frozenset(range(SITE, len(problem.topology.names)))


def _slots(problem: Problem, nodes: Ids) -> Ints:
    """[nodes, workloads]: instances that each takes alone, over all modes; none where it may not go."""
    found = np.zeros((len(nodes), problem.workloads), np.int64)
    for workload in np.flatnonzero(problem.count).tolist():
        here = np.isin(nodes, problem.allowed[workload])
        for mode in problem.modes_of(workload):
            found[here, workload] += np.minimum(slots(problem, mode, nodes[here]), int(problem.count[workload]))
    return found


def _alike(market: Market, member: NDArray[np.bool_], place: Ids) -> tuple[list[list[int]], Ids]:
    """Offers of the same server at the same price, for the same workloads, in sites that are alike; a site that has to
    be opened is alike to none."""
    problem, found = market.problem, dict[tuple[object, ...], list[int]]()
    for offer, node in enumerate(market.nodes.tolist()):
        site = int(market.site[offer])
        alone = site if market.opening[site] else -1
        capacity = problem.capacity[node].tobytes(), int(problem.rate[node]), member[node].tobytes()
        found.setdefault((alone, int(place[node]), int(market.price[offer]), *capacity), []).append(offer)
    offer_of = np.zeros(len(market.nodes), np.int32)
    for row, members in enumerate(found.values()):
        offer_of[members] = row
    return list(found.values()), offer_of
