"""Ruin and recreate: empty a few servers, put back what was there and what was left out, keep what is not worse.

After Schrimpf et al. (2000) and, for the accepted loss, Dueck's record-to-record travel (1993).
"""

from __future__ import annotations

import numpy as np

from solver.compiled import entry, kernel, leaf
from solver.construct.blocks import PLAIN, TOGETHER
from solver.construct.insert import insert, remove_step
from solver.construct.special import MOST_MOVES, UNIT
from solver.construct.state import AWAY, BETWEEN, JOURNAL, OWED, SECOND, UNPLACED, State, apply, chance, undo
from solver.construct.tables import Flags, Floats, Tables
from solver.problem import Ids, Ints

WIDE = 4096
GUIDE = 0.3
SCATTERED, FOCUSED = 0.5, 0.75


@leaf
def missing(t: Tables, s: State, block: int) -> int:
    """Worth of the block that is left out."""
    worth = 0
    for step in range(t.block_start[block], t.block_start[block + 1]):
        for j in range(t.step_start[step], t.step_start[step + 1]):
            w = t.step_workload[j]
            worth += int(t.weight[w] * (t.wanted[w] - s.placed[w]))
    return worth


@leaf
def pick(s: State, below: int) -> int:
    return int(chance(s) * below)


@leaf
def _clear(t: Tables, s: State, node: int, touched: Flags, starts: Ids, nodes: Ids) -> None:
    """Take everything off a node; what must be placed in one go leaves its other nodes, too."""
    e = s.node_head[node]
    while e >= 0:
        if s.entry_fixed[e]:
            e = s.node_next[e]
            continue
        w = t.owner[s.entry_mode[e]]
        step = t.step_of[w]
        touched[t.block_of_step[step]] = True
        if t.step_kind[step] == PLAIN:
            following = s.node_next[e]
            apply(t, s, s.entry_mode[e], node, -s.entry_count[e])
            e = following
        else:
            if t.step_kind[step] == TOGETHER:
                remove_step(t, s, step)
            else:
                _leave(t, s, step, t.domain[t.step_level[step], node], starts, nodes)
            e = s.node_head[node]


@leaf
def _leave(t: Tables, s: State, step: int, d: int, starts: Ids, nodes: Ids) -> None:
    """Masters and children of a step leave a site together."""
    level = t.step_level[step]
    for node in nodes[level, starts[level, d] : starts[level, d + 1]]:
        e = s.node_head[node]
        while e >= 0:
            following = s.node_next[e]
            if not s.entry_fixed[e] and t.step_of[t.owner[s.entry_mode[e]]] == step:
                apply(t, s, s.entry_mode[e], node, -s.entry_count[e])
            e = following


@kernel
def _choose_nodes(t: Tables, s: State, target: int, starts: Ids, nodes: Ids, most: int) -> Ids:
    """Nodes to empty, where the target could go (-1: anywhere): scattered ones, or parts of one to three domains."""
    first, last = 0, len(t.order)
    if target >= 0:
        kind = t.kind_of[t.step_workload[t.step_start[t.block_start[target]]]]
        first, last = t.order_start[kind], t.order_start[kind + 1]
    most = min(most, last - first)
    if most == 0:
        return np.empty(0, np.int32)
    chosen = np.empty(3 * most, np.int32)
    found = 0
    if chance(s) < SCATTERED:
        while found < min(most, 2 + pick(s, most)):
            chosen[found] = t.order[first + pick(s, last - first)]
            found += 1
        return np.unique(chosen[:found])
    for _ in range(1 + pick(s, 3)):
        level = 1 + pick(s, 2) if t.domain.shape[0] > 2 else t.domain.shape[0] - 1
        d = t.domain[level, t.order[first + pick(s, last - first)]]
        inside = nodes[level, starts[level, d] : starts[level, d + 1]]
        count = min(len(inside), most)
        start = pick(s, len(inside) - count + 1)
        chosen[found : found + count] = inside[start : start + count]
        found += count
    return np.unique(chosen[:found])


@kernel
def _attempt(s: State, absent: Ids, touched: Flags, few: int) -> int:
    """Mark what is left out to be tried again: all of it, or some when it is much. One of them, the target (or -1)."""
    if not len(absent):
        return -1
    target = absent[pick(s, len(absent))]
    touched[target] = True
    for b in absent:
        if chance(s) * len(absent) < few:
            touched[b] = True
    return target if chance(s) < 0.7 else -1


@kernel
def _sorted(t: Tables, s: State, blocks: Ids, sizes: Floats, worth: Floats) -> Ids:
    key = np.empty(len(blocks), np.float64)
    how = chance(s)
    for i in range(len(blocks)):
        b = blocks[i]
        if how < 0.4:
            key[i] = -sizes[b] * (0.7 + 0.6 * chance(s))
        elif how < 0.7:
            key[i] = -worth[b] / sizes[b] * (0.7 + 0.6 * chance(s))
        else:
            key[i] = chance(s)
    return blocks[np.argsort(key)]


@entry
def ruin_and_recreate(
    t: Tables,
    s: State,
    starts: Ids,
    nodes: Ids,
    sizes: Floats,
    worth: Floats,
    trials: int,
    slack: float,
    most: int,
    best: Ints,
) -> int:
    """Run trials from where the state stands; `best` [entries, 3] receives the best placement seen if it beats the
    values in its last row, and the number of its rows is returned (0: none was better).

    slack: a trial may be worse than the best by about this worth. most: nodes emptied in one trial.
    """
    blocks = len(t.block_start) - 1
    touched = np.zeros(blocks, np.bool_)
    record, record1, record2 = best[-1, 0], best[-1, 1], best[-1, 2]
    length = 0
    wide = len(s.node_head) > WIDE
    for _ in range(trials):
        s.scalar[JOURNAL] = 0
        before, before1, before2 = s.scalar[UNPLACED], s.scalar[BETWEEN], s.scalar[SECOND]
        spoilt, owed = s.stranded[0], s.scalar[OWED]
        touched[:] = False
        target = _attempt(s, _absent(t, s), touched, 3 if wide else 20)
        ruined = _choose_nodes(t, s, target, starts, nodes, most)
        for node in ruined:
            _clear(t, s, node, touched, starts, nodes)
        noise = 0.3 * chance(s) * chance(s)
        chunk = 1 if chance(s) < 0.3 else 2**40
        focus = ruined if not wide and chance(s) < FOCUSED else np.empty(0, np.int32)
        for b in _sorted(t, s, np.flatnonzero(touched).astype(np.int32), sizes, worth):
            insert(t, s, b, focus, starts, nodes, noise, chunk)
        now, now1, now2 = s.scalar[UNPLACED], s.scalar[BETWEEN], s.scalar[SECOND]
        if s.scalar[OWED] > owed or s.scalar[AWAY] > t.special[MOST_MOVES]:
            undo(t, s, 0)
        elif now < record or (now == record and (now1 < record1 or (now1 == record1 and now2 < record2))):
            record, record1, record2 = now, now1, now2
            length = keep(s, best)
        else:
            if record > 0:
                worse = now - before + GUIDE * (s.stranded[0] - spoilt) + slack * (now1 - before1) / t.special[UNIT]
                worse -= slack * -np.log(chance(s) + 1e-12)
            elif now == before:
                worse = float(now1 - before1) if now1 != before1 else float(now2 - before2)
            else:
                worse = 1.0
            if worse > 0.0:
                undo(t, s, 0)
    best[-1, 0], best[-1, 1], best[-1, 2] = record, record1, record2
    return length


@kernel
def _absent(t: Tables, s: State) -> Ids:
    """Blocks of which something is left out."""
    out = np.empty(len(t.block_start) - 1, np.int32)
    found = 0
    for b in range(len(out)):
        if missing(t, s, b) > 0:
            out[found] = b
            found += 1
    return out[:found]


@leaf
def keep(s: State, best: Ints) -> int:
    """Copy the entries to `best`; their number."""
    length = 0
    for node in range(len(s.node_head)):
        e = s.node_head[node]
        while e >= 0:
            if not s.entry_fixed[e]:
                best[length, 0] = s.entry_mode[e]
                best[length, 1] = node
                best[length, 2] = s.entry_count[e]
                length += 1
            e = s.node_next[e]
    return length
