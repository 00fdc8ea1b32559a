"""Places: which nodes a trial empties."""

from __future__ import annotations

from solver.compiled import leaf, number
from solver.construct.state import State, chance, stranded, unit_price
from solver.construct.tables import Tables
from solver.improve.ground import Ground
from solver.improve.ruins import ALIKE, DOMAINS, SCATTERED, STUCK
from solver.problem import Ids

NEIGHBOURS, PROBES, STEPS = 16, 6, 8
"""How far apart blocks that are alike may rank; nodes of which the most promising is taken; how far to follow where a
block stands."""


@leaf
def pick(s: State, below: int) -> int:
    return int(chance(s) * below)


@leaf
def choose(t: Tables, s: State, g: Ground, kind: int, target: int, most: int) -> int:
    """Nodes to empty, where the target could go (-1: anywhere), written to `chosen`; how many there are."""
    first, last = 0, len(t.order)
    if target >= 0:
        order = t.kind_of[t.step_workload[t.step_start[t.block_start[target]]]]
        first, last = t.order_start[order], t.order_start[order + 1]
    most = min(most, last - first)
    if most == 0 or not len(g.rank):
        return 0
    if kind == DOMAINS:
        return _parts_of_domains(t, s, g, first, last, most)
    if kind == ALIKE:
        return _where_alike(t, s, g, target, most)
    found = 0
    for _ in range(min(most, 2 + pick(s, most))):
        node = number(t.order[first + pick(s, last - first)])
        if kind != SCATTERED:
            merit = _merit(t, s, kind, target, node)
            for _ in range(1, PROBES):
                other = number(t.order[first + pick(s, last - first)])
                found_there = _merit(t, s, kind, target, other)
                if found_there > merit:
                    node, merit = other, found_there
        found = _add(g.chosen, found, node)
    return found


@leaf
def _add(chosen: Ids, found: int, node: int) -> int:
    for i in range(found):
        if chosen[i] == node:
            return found
    chosen[found] = node
    return found + 1


@leaf
def _parts_of_domains(t: Tables, s: State, g: Ground, first: int, last: int, most: int) -> int:
    """Neighbours, in one to three racks or sites."""
    found = 0
    for _ in range(1 + pick(s, 3)):
        level = 1 + pick(s, 2) if t.domain.shape[0] > 2 else t.domain.shape[0] - 1
        d = t.domain[level, t.order[first + pick(s, last - first)]]
        start, end = g.starts[level, d], g.starts[level, d + 1]
        count = min(end - start, most)
        start += pick(s, end - start - count + 1)
        for i in range(start, start + count):
            found = _add(g.chosen, found, number(g.nodes[level, i]))
    return found


@leaf
def _where_alike(t: Tables, s: State, g: Ground, target: int, most: int) -> int:
    """Where blocks stand that take much the same as the target, or as any block."""
    blocks = len(g.rank)
    at, found = int(g.rank[target]) if target >= 0 else pick(s, blocks), 0
    for _ in range(4 * most):
        block = g.alike[min(max(at + pick(s, 2 * NEIGHBOURS + 1) - NEIGHBOURS, 0), blocks - 1)]
        step = t.block_start[block] + pick(s, t.block_start[block + 1] - t.block_start[block])
        w = t.step_workload[t.step_start[step] + pick(s, t.step_start[step + 1] - t.step_start[step])]
        e = s.work_head[w]
        for _ in range(pick(s, STEPS)):
            if e >= 0 and s.work_next[e] >= 0:
                e = s.work_next[e]
        if e >= 0:
            found = _add(g.chosen, found, number(s.entry_node[e]))
        if found == most:
            break
    return found


@leaf
def _merit(t: Tables, s: State, kind: int, target: int, node: int) -> float:
    """STUCK: how little of a resource is missing for one more of the target. Else how much is lost there: room that is
    of no use, or, once everything is placed, cost."""
    if kind == STUCK and target >= 0:
        return -_lack(t, s, int(t.step_workload[t.step_start[t.block_start[target]]]), node)
    if s.load[node] == 0:
        return -1e300
    if t.then == 1 and target < 0:
        w = t.owner[s.entry_mode[s.node_head[node]]]
        return unit_price(t, w, node)
    if t.then == 2 and target < 0:
        return float(-s.load[node])
    return stranded(t, s, node, number(0), 0)


@leaf
def _lack(t: Tables, s: State, w: int, node: int) -> float:
    rate, fewest = t.rate[node], 1e300
    for mode in range(t.modes[w], t.modes[w + 1]):
        lack = 0.0
        for i in range(t.taken_start[mode], t.taken_start[mode + 1]):
            each = t.demand[rate, mode, t.taken[i]]
            lack = max(lack, (each - s.free[node, t.taken[i]]) / max(each, 1))
        fewest = min(fewest, lack)
    return fewest
