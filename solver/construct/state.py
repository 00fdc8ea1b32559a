"""State: a placement in the making, with every counter that a rule needs kept up to date by one function, `apply`."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from solver.compiled import entry, inlined, leaf, number
from solver.construct.home import leaving
from solver.construct.soft import soft_book, soft_change
from solver.construct.special import COST, COUNTERS, HEAD, MOVES_LAST, MUST, SPECIAL, THEN_WEIGHT, WIDTH, Sight
from solver.construct.tables import Floats, Tables
from solver.problem import Ids, Ints, Placement, Problem
from solver.standing import Standing

NOWHERE, NEVER = -1, -2
UNPLACED, BETWEEN, SECOND, JOURNAL, FREE_ENTRY, AWAY, OWED, WORK = range(8)
WINDOW = 1024
"""Nodes that compete for a place."""
APPLIED = 8
"""Work of a change of the state, in nodes looked at."""


class State(NamedTuple):
    """Mutable arrays. Entries are rows (mode, node, count) in two linked lists, one per node and one per workload;
    `fixed` entries are in their node's list only. scalar: [worth unplaced, soft rules (and
    moves), second term (and moves), journal length, first free entry, instances away from home, instances that must be
    placed and are not, work done]. The journal holds what `apply` did, so that a trial can be undone.

    The rest is paper for notes, so that no kernel allocates anything: near, score: nodes that compete; around, merit:
    domains; total: of each domain, -1 in between."""

    free: Ints
    placed: Ints
    load: Ints
    scalar: Ints
    entry_mode: Ids
    entry_node: Ids
    entry_count: Ints
    entry_fixed: NDArray[np.bool_]
    node_next: Ids
    node_prev: Ids
    node_head: Ids
    work_next: Ids
    work_prev: Ids
    work_head: Ids
    spread_count: Ints
    spread_total: Ints
    spread_domains: Ints
    spread_target: Ints
    holder: Ids
    held: Ints
    together_domain: Ids
    together_count: Ints
    tally: Ints
    journal: Ints
    random: NDArray[np.uint64]
    stranded: Floats
    near: Ids
    score: Floats
    around: Ids
    merit: Floats
    total: Floats


def state(problem: Problem, tables: Tables, seed: int) -> State:
    """Nothing placed yet; fixed instances count for the rules."""
    fixed = problem.fixed
    entries = int(problem.count.sum()) + len(fixed) + 64
    spread_sizes = np.append(tables.spread_offset[-1], 0).max()
    apart_sizes = np.append(tables.apart_offset[-1], 0).max()
    domains = int(tables.level_size.max(initial=0))
    made = State(
        free=np.ascontiguousarray(problem.capacity).copy(),
        placed=np.zeros(problem.workloads, np.int64),
        load=np.zeros(problem.nodes, np.int64),
        scalar=_scalar(problem, tables),
        entry_mode=np.full(entries, -1, np.int32),
        entry_node=np.full(entries, -1, np.int32),
        entry_count=np.zeros(entries, np.int64),
        entry_fixed=np.zeros(entries, np.bool_),
        node_next=np.arange(1, entries + 1, dtype=np.int32),
        node_prev=np.full(entries, -1, np.int32),
        node_head=np.full(problem.nodes, -1, np.int32),
        work_next=np.full(entries, -1, np.int32),
        work_prev=np.full(entries, -1, np.int32),
        work_head=np.full(problem.workloads, -1, np.int32),
        spread_count=np.zeros(int(spread_sizes), np.int64),
        spread_total=np.zeros(len(tables.spread_level), np.int64),
        spread_domains=np.zeros(len(tables.spread_level), np.int64),
        spread_target=np.zeros(len(tables.spread_level), np.int64),
        holder=np.full(int(apart_sizes), NOWHERE, np.int32),
        held=np.zeros(int(apart_sizes), np.int64),
        together_domain=np.full(len(tables.together_level), NOWHERE, np.int32),
        together_count=np.zeros(len(tables.together_level), np.int64),
        tally=np.zeros(int(tables.tally_offset[-1] + tables.special[COUNTERS]), np.int64),
        journal=np.zeros((4 * entries, 3), np.int64),
        random=np.array([seed * 2 + 1], np.uint64),
        stranded=np.zeros(1),
        near=np.empty(WINDOW, np.int32),
        score=np.empty(WINDOW),
        around=np.empty(domains, np.int32),
        merit=np.empty(domains),
        total=np.full(domains, -1.0),
    )
    if len(fixed):
        _count_fixed(problem, tables, made)
    return made


def _scalar(problem: Problem, tables: Tables) -> Ints:
    scalar = np.zeros(8, np.int64)
    scalar[UNPLACED] = problem.weight @ problem.count
    scalar[AWAY], scalar[OWED] = problem.home.instances.sum(), problem.must.sum()
    if len(problem.home):
        cost = int(problem.move_cost[problem.owner(problem.home.mode)] @ problem.home.instances)
        scalar[SECOND if tables.special[MOVES_LAST] else BETWEEN] = cost
    return scalar


def _count_fixed(problem: Problem, tables: Tables, made: State) -> None:
    fixed = problem.fixed
    _stand(tables, made, fixed.mode, fixed.node, fixed.instances)
    standing = Standing(problem, fixed)
    for rule in range(len(tables.together_level)):
        workloads = [w for w in range(problem.workloads) if rule in _row(tables.together_start, tables.together, w)]
        domains, _, _ = standing.per_domain(workloads, int(tables.together_level[rule]))
        if len(domains) > 1:
            made.together_domain[rule] = NEVER


def _row(start: Ids, values: Ids, row: int) -> list[int]:
    found: list[int] = values[start[row] : start[row + 1]].tolist()
    return found


@entry
def _stand(t: Tables, s: State, modes: Ids, nodes: Ids, counts: Ints) -> None:
    """Count fixed instances, rows of (mode, node, count), for the rules; their room is gone already."""
    for i in range(len(modes)):
        mode, node, count = number(modes[i]), number(nodes[i]), number(counts[i])
        w = t.owner[mode]
        if t.special[HEAD + WIDTH * w + SPECIAL]:
            _book(t, s, w, number(-1), node, count)
        _count(t, s, w, node, count)
        e = _new_entry(s, mode, node)
        s.entry_count[e] = count
        s.entry_fixed[e] = True


@leaf
def _book(t: Tables, s: State, w: int, mode: int, node: int, count: int) -> None:
    """Count `count` more instances of a special workload, which are not there yet; mode -1: fixed ones."""
    v = Sight(
        t.special, s.tally, t.domain, t.owner, s.node_head, s.node_next, s.entry_mode, s.entry_count, s.entry_fixed
    )
    s.scalar[BETWEEN] += soft_change(v, w, node, count)
    soft_book(v, w, node, count)
    if mode >= 0:
        more, must = leaving(v, w, mode, node, count), t.special[HEAD + WIDTH * w + MUST]
        s.scalar[AWAY] += more
        s.scalar[OWED] += max(must - s.placed[w] - count, 0) - max(must - s.placed[w], 0)
        s.scalar[SECOND if t.special[MOVES_LAST] else BETWEEN] += more * t.special[HEAD + WIDTH * w + COST]


@inlined
def _new_entry(s: State, mode: int, node: int) -> int:
    e = int(s.scalar[FREE_ENTRY])
    s.scalar[FREE_ENTRY] = s.node_next[e]
    s.entry_mode[e] = mode
    s.entry_node[e] = node
    s.entry_count[e] = 0
    s.entry_fixed[e] = False
    s.node_next[e] = s.node_head[node]
    s.node_prev[e] = -1
    if s.node_head[node] >= 0:
        s.node_prev[s.node_head[node]] = e
    s.node_head[node] = e
    return e


@inlined
def _count(t: Tables, s: State, w: int, node: int, count: int) -> None:
    """Bring every rule counter up to date with `count` more (or fewer) instances of w on the node."""
    for i in range(t.spread_start[w], t.spread_start[w + 1]):
        rule = t.spread[i]
        s.spread_total[rule] += count
        if t.spread_offset[rule] >= 0:
            at = t.spread_offset[rule] + t.domain[t.spread_level[rule], node]
            before = s.spread_count[at]
            s.spread_count[at] = before + count
            s.spread_domains[rule] += (before + count > 0) - (before > 0)
        else:
            before = on_node(t, s, rule, node)
            s.spread_domains[rule] += (before + count > 0) - (before > 0)
    for i in range(t.apart_start[w], t.apart_start[w + 1]):
        rule = t.apart[i]
        if t.apart_offset[rule] >= 0:
            at = t.apart_offset[rule] + t.domain[t.apart_level[rule], node]
            if s.held[at] > 0 and s.holder[at] != t.apart_part[i]:
                s.holder[at] = NEVER
            elif s.holder[at] != NEVER:
                s.holder[at] = t.apart_part[i]
            s.held[at] += count
            if s.held[at] == 0:
                s.holder[at] = NOWHERE
    for i in range(t.together_start[w], t.together_start[w + 1]):
        rule = t.together[i]
        if s.together_domain[rule] == NOWHERE:
            s.together_domain[rule] = t.domain[t.together_level[rule], node]
        s.together_count[rule] += count
        if s.together_count[rule] == 0:
            s.together_domain[rule] = NOWHERE
    if t.tally_offset[w] >= 0:
        s.tally[t.tally_offset[w] + t.domain[t.tally_level[w], node]] += count


@inlined
def on_node(t: Tables, s: State, rule: int, node: int) -> int:
    """Instances on the node that the spread rule counts."""
    total = 0
    e = s.node_head[node]
    while e >= 0:
        w = t.owner[s.entry_mode[e]]
        for i in range(t.spread_start[w], t.spread_start[w + 1]):
            if t.spread[i] == rule:
                total += s.entry_count[e]
        e = s.node_next[e]
    return total


@inlined
def stranded(t: Tables, s: State, node: int, mode: int, count: int) -> float:
    """Worth of the room that would be of no use on the node with `count` more instances of the mode, since it lacks
    what goes with it in the average instance."""
    rate = t.rate[node]
    instances = 1e300
    for r in range(t.mix.shape[1]):
        if t.mix[rate, r] > 0.0:
            instances = min(instances, (s.free[node, r] - count * t.demand[rate, mode, r]) / t.mix[rate, r])
    worth = 0.0
    for r in range(t.mix.shape[1]):
        worth += t.value[r] * (s.free[node, r] - count * t.demand[rate, mode, r] - instances * t.mix[rate, r])
    return worth


@inlined
def slots_left(t: Tables, s: State, node: int) -> int:
    """Slots for the big instance that fit into what the node has free."""
    left = 2**62
    for r in range(t.slot.shape[1]):
        each = t.slot[t.rate[node], r]
        if each > 0:
            left = min(left, int(s.free[node, r] // each))
    return left


@leaf
def unit_price(t: Tables, w: int, node: int) -> float:
    """What an instance costs on the node, divided by its largest size."""
    price = 0.0
    for k in range(t.price.shape[1]):
        price += t.price[node, k] * t.share[w, k]
    return price


@leaf
def apply(t: Tables, s: State, mode: int, node: int, count: int) -> None:
    """Put `count` instances of the mode on the node (take them away when negative), and remember it."""
    row = s.scalar[JOURNAL]
    s.journal[row, 0] = mode
    s.journal[row, 1] = node
    s.journal[row, 2] = count
    s.scalar[JOURNAL] = row + 1
    s.scalar[WORK] += APPLIED
    w = t.owner[mode]
    if t.special[HEAD + WIDTH * w + SPECIAL]:
        _book(t, s, w, mode, node, count)
    _count(t, s, w, node, count)
    _enter(s, mode, w, node, count)
    before = slots_left(t, s, node) if t.then == 3 else 0
    s.stranded[0] += stranded(t, s, node, mode, count) - stranded(t, s, node, mode, 0)
    for r in range(t.demand.shape[2]):
        s.free[node, r] -= count * t.demand[t.rate[node], mode, r]
    s.placed[w] += count
    s.scalar[UNPLACED] -= count * t.weight[w]
    if t.then == 1:
        for k in range(t.price.shape[1]):
            s.scalar[SECOND] += count * t.price[node, k] * t.size[w, k]
    elif t.then == 2 and not t.busy[node]:
        s.scalar[SECOND] += t.special[THEN_WEIGHT] * ((s.load[node] + count > 0) - (s.load[node] > 0))
    elif t.then == 3:
        s.scalar[SECOND] += t.special[THEN_WEIGHT] * (before - slots_left(t, s, node))
    s.load[node] += count


@inlined
def _enter(s: State, mode: int, w: int, node: int, count: int) -> None:
    e = s.node_head[node]
    while e >= 0 and (s.entry_mode[e] != mode or s.entry_fixed[e]):
        e = s.node_next[e]
    if e < 0:
        e = _new_entry(s, mode, node)
        s.work_next[e] = s.work_head[w]
        s.work_prev[e] = -1
        if s.work_head[w] >= 0:
            s.work_prev[s.work_head[w]] = e
        s.work_head[w] = e
    s.entry_count[e] += count
    if s.entry_count[e] == 0:
        _drop_entry(s, e, w, node)


@inlined
def _drop_entry(s: State, e: int, w: int, node: int) -> None:
    if s.node_prev[e] >= 0:
        s.node_next[s.node_prev[e]] = s.node_next[e]
    else:
        s.node_head[node] = s.node_next[e]
    if s.node_next[e] >= 0:
        s.node_prev[s.node_next[e]] = s.node_prev[e]
    if s.work_prev[e] >= 0:
        s.work_next[s.work_prev[e]] = s.work_next[e]
    else:
        s.work_head[w] = s.work_next[e]
    if s.work_next[e] >= 0:
        s.work_prev[s.work_next[e]] = s.work_prev[e]
    s.entry_mode[e] = -1
    s.node_next[e] = s.scalar[FREE_ENTRY]
    s.scalar[FREE_ENTRY] = e


@leaf
def undo(t: Tables, s: State, mark: int) -> None:
    """Take back what was applied since the journal had `mark` rows."""
    while s.scalar[JOURNAL] > mark:
        row = s.scalar[JOURNAL] - 1
        apply(t, s, s.journal[row, 0], s.journal[row, 1], -s.journal[row, 2])
        s.scalar[JOURNAL] = row


@inlined
def chance(s: State) -> float:
    """A random number in [0, 1) (xorshift64*, Vigna 2016), the same on every machine."""
    x = s.random[0]
    x ^= x >> np.uint64(12)
    x ^= x << np.uint64(25)
    x ^= x >> np.uint64(27)
    s.random[0] = x
    return float((x * np.uint64(2685821657736338717)) >> np.uint64(11)) / 9007199254740992.0


def read(made: State) -> Placement:
    """What stands there now, without the fixed instances."""
    rows = (made.entry_mode >= 0) & ~made.entry_fixed & (made.entry_count > 0)
    return Placement.merge(made.entry_mode[rows], made.entry_node[rows], made.entry_count[rows])
