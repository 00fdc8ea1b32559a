"""Ruin and recreate: empty a few servers, put back what was there and what was left out, keep what is not worse.

After Schrimpf et al. (2000) and, for the accepted loss, Dueck's record-to-record travel (1993).
"""

from __future__ import annotations

import numpy as np

from solver.compiled import entry, leaf, number
from solver.construct.blocks import PLAIN, TOGETHER
from solver.construct.heap import heaped, least
from solver.construct.insert import insert, remove_step
from solver.construct.special import MOST_MOVES, UNIT
from solver.construct.state import AWAY, BETWEEN, JOURNAL, OWED, SECOND, UNPLACED, WORK, State, apply, chance, undo
from solver.construct.tables import Floats, Tables
from solver.improve.ground import Ground
from solver.improve.places import choose, pick
from solver.improve.ruins import FOCUSED, KINDS, PIECES, SIZES, WAYS
from solver.problem import Ints

WIDE = 4096
GUIDE = 0.3
RECORD, BETTER = 10.0, 2.0
"""What a trial is worth: the best placement so far, or a better one than that before."""


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
def _clear(t: Tables, s: State, g: Ground, node: int) -> None:
    """Take everything off a node; what must be placed in one go leaves its other nodes, too."""
    e = s.node_head[node]
    while e >= 0:
        if s.entry_fixed[e]:
            e = s.node_next[e]
            continue
        w = t.owner[s.entry_mode[e]]
        step = t.step_of[w]
        _touch(g, t.block_of_step[step])
        if t.step_kind[step] == PLAIN:
            following = s.node_next[e]
            apply(t, s, number(s.entry_mode[e]), node, -s.entry_count[e])
            e = following
        else:
            if t.step_kind[step] == TOGETHER:
                remove_step(t, s, step)
            else:
                _leave(t, s, g, step, t.domain[t.step_level[step], node])
            e = s.node_head[node]


@leaf
def _leave(t: Tables, s: State, g: Ground, step: int, d: int) -> None:
    """Masters and children of a step leave a site together."""
    level = t.step_level[step]
    for node in g.nodes[level, g.starts[level, d] : g.starts[level, d + 1]]:
        e = s.node_head[node]
        while e >= 0:
            following = s.node_next[e]
            if not s.entry_fixed[e] and t.step_of[t.owner[s.entry_mode[e]]] == step:
                apply(t, s, number(s.entry_mode[e]), number(node), -s.entry_count[e])
            e = following


@leaf
def _touch(g: Ground, block: int) -> None:
    """It is to be inserted."""
    if not g.touched[block]:
        g.touched[block] = True
        g.blocks[g.many[0]] = block
        g.many[0] += 1


@leaf
def _attempt(t: Tables, s: State, g: Ground, few: int) -> int:
    """Mark what is left out to be tried again: all of it, or some when it is much. One of them, the target (or -1)."""
    absent = 0
    for b in range(len(g.absent)):
        if missing(t, s, b) > 0:
            g.absent[absent] = b
            absent += 1
    if not absent:
        return -1
    target = g.absent[pick(s, absent)]
    _touch(g, target)
    for i in range(absent):
        if chance(s) * absent < few:
            _touch(g, g.absent[i])
    return int(target) if chance(s) < 0.7 else -1


@leaf
def _sort(s: State, g: Ground) -> None:
    """A heap of what is to be inserted, in one of some orders."""
    how = chance(s)
    for i in range(g.many[0]):
        b = g.blocks[i]
        if how < 0.4:
            g.key[i] = -g.sizes[b] * (0.7 + 0.6 * chance(s))
        elif how < 0.7:
            g.key[i] = -g.worth[b] / g.sizes[b] * (0.7 + 0.6 * chance(s))
        else:
            g.key[i] = chance(s)
    heaped(g.key, g.blocks, g.many[0])


@leaf
def _draw(s: State, share: Floats, first: int, last: int) -> int:
    """One of the arms from first to last, by their shares."""
    total = 0.0
    for arm in range(first, last):
        total += share[arm]
    at = chance(s) * total
    for arm in range(first, last - 1):
        at -= share[arm]
        if at < 0.0:
            return arm
    return last - 1


@leaf
def _try(t: Tables, s: State, g: Ground, arm: int, way: int, wide: bool) -> None:
    """Empty some nodes and insert again what was there."""
    g.many[0] = 0
    target = _attempt(t, s, g, 3 if wide else 20)
    ruined = choose(t, s, g, arm // SIZES, target, g.size[arm % SIZES])
    for i in range(ruined):
        _clear(t, s, g, number(g.chosen[i]))
    noise = 0.3 * chance(s) * chance(s)
    chunk = 1 if way & PIECES else 2**40
    focus = g.chosen[: ruined if way & FOCUSED else 0]
    _sort(s, g)
    for waiting in range(g.many[0], 0, -1):
        b = least(g.key, g.blocks, waiting)
        insert(t, s, b, focus, g.starts, g.nodes, noise, chunk)
    for i in range(g.many[0]):
        g.touched[g.blocks[i]] = False


@leaf
def _search(
    t: Tables, s: State, g: Ground, share: Floats, ledger: Floats, trials: int, slack: float, best: Ints
) -> int:
    """See `ruin_and_recreate`, which alone counts references to all these arrays."""
    wide = len(s.node_head) > WIDE
    arms = KINDS * SIZES
    record, record1, record2 = best[-1, 0], best[-1, 1], best[-1, 2]
    length, start = 0, number(0)
    for _ in range(trials):
        s.scalar[JOURNAL] = start
        before, before1, before2 = s.scalar[UNPLACED], s.scalar[BETWEEN], s.scalar[SECOND]
        spoilt, owed, work, gain = s.stranded[0], s.scalar[OWED], s.scalar[WORK], 0.0
        arm, way = _draw(s, share, 0, arms), _draw(s, share, arms, arms + WAYS)
        _try(t, s, g, arm, way - arms, wide)
        now, now1, now2 = s.scalar[UNPLACED], s.scalar[BETWEEN], s.scalar[SECOND]
        if s.scalar[OWED] > owed or s.scalar[AWAY] > t.special[MOST_MOVES]:
            undo(t, s, start)
        elif now < record or (now == record and (now1 < record1 or (now1 == record1 and now2 < record2))):
            record, record1, record2 = now, now1, now2
            length = keep(s, best)
            gain = RECORD
        else:
            if record > 0:
                worse = now - before + GUIDE * (s.stranded[0] - spoilt) + slack * (now1 - before1) / t.special[UNIT]
                gain = BETTER if worse < 0.0 else 0.0
                worse -= slack * -np.log(chance(s) + 1e-12)
            elif now == before:
                worse = float(now1 - before1) if now1 != before1 else float(now2 - before2)
                gain = BETTER if worse < 0.0 else 0.0
            else:
                worse = 1.0
            if worse > 0.0:
                undo(t, s, start)
        for each in (arm, way):
            ledger[each, 0] += gain
            ledger[each, 1] += s.scalar[WORK] - work
    best[-1, 0], best[-1, 1], best[-1, 2] = record, record1, record2
    return length


@entry
def ruin_and_recreate(
    t: Tables, s: State, g: Ground, share: Floats, ledger: Floats, trials: int, slack: float, best: Ints
) -> int:
    """Run trials from where the state stands; `best` [entries, 3] receives the best placement seen if it beats the
    values in its last row, and the number of its rows is returned (0: none was better).

    share [arms]: how often each is to be drawn. ledger [arms, 2]: gain and work of each are added. slack: a trial may
    be worse than the best by about this worth.
    """
    return _search(t, s, g, share, ledger, trials, slack, best)


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
