"""Insert: place a block whole, step by step, or leave the state as it was."""

from __future__ import annotations

from solver.compiled import leaf, number
from solver.construct.blocks import PLAIN, TOGETHER
from solver.construct.fit import homewards, limit, spread_out
from solver.construct.heap import heaped, least
from solver.construct.special import HEAD, MUST, WIDTH
from solver.construct.state import JOURNAL, NOWHERE, WORK, State, apply, chance, on_node, undo, unit_price
from solver.construct.tables import Tables
from solver.problem import Ids

ATTEMPTS = 6


@leaf
def insert(t: Tables, s: State, block: int, focus: Ids, starts: Ids, nodes: Ids, noise: float, chunk: int) -> bool:
    """Bring a block as far as it goes; whether anything of it is placed in the end.

    What survives of it is completed first; when that breaks a rule, it is taken out and placed anew.
    focus: nodes to use (empty: all allowed). starts, nodes: for each level, nodes by domain (see `Members`).
    """
    mark = s.scalar[JOURNAL]
    survives = _stands(t, s, block) and not _obliged(t, block)
    for attempt in range(ATTEMPTS):
        _aim(t, s, block, attempt > survives)
        undo(t, s, mark)
        whole = _steps(t, s, block, focus, starts, nodes, noise, chunk)
        if whole and sound(t, s, block):
            return True
        if attempt == 0 and survives:
            undo(t, s, mark)
            remove_block(t, s, number(block))
            mark = s.scalar[JOURNAL]
        elif not whole:
            break
    undo(t, s, mark)
    return False


@leaf
def _stands(t: Tables, s: State, block: int) -> bool:
    for step in range(t.block_start[block], t.block_start[block + 1]):
        for j in range(t.step_start[step], t.step_start[step + 1]):
            if s.placed[t.step_workload[j]] > 0:
                return True
    return False


@leaf
def _obliged(t: Tables, block: int) -> bool:
    """Something of it runs: it is never taken out to be placed anew."""
    for step in range(t.block_start[block], t.block_start[block + 1]):
        for j in range(t.step_start[step], t.step_start[step + 1]):
            if t.special[HEAD + WIDTH * t.step_workload[j] + MUST] > 0:
                return True
    return False


@leaf
def _aim(t: Tables, s: State, block: int, lower: bool) -> None:
    """Shares are of a total: aim at all that is asked for, or, `lower`, at what was reached last time."""
    for i in range(t.block_spread_start[block], t.block_spread_start[block + 1]):
        rule = t.block_spread[i]
        if lower:
            s.spread_target[rule] = s.spread_total[rule]
        else:
            s.spread_target[rule] = s.spread_total[rule]
            for step in range(t.block_start[block], t.block_start[block + 1]):
                for j in range(t.step_start[step], t.step_start[step + 1]):
                    w = t.step_workload[j]
                    for k in range(t.spread_start[w], t.spread_start[w + 1]):
                        if t.spread[k] == rule:
                            s.spread_target[rule] += t.wanted[w] - s.placed[w]


@leaf
def sound(t: Tables, s: State, block: int) -> bool:
    """All-or-nothing and spread rules of the block hold."""
    for i in range(t.block_whole_start[block], t.block_whole_start[block + 1]):
        rule = t.block_whole[i]
        placed = 0
        for j in range(t.whole_start[rule], t.whole_start[rule + 1]):
            placed += s.placed[t.whole[j]]
        if placed > 0 and placed + t.whole_fixed[rule] < t.whole_minimum[rule]:
            return False
    for i in range(t.block_spread_start[block], t.block_spread_start[block + 1]):
        if not _spread_holds(t, s, t.block_spread[i]):
            return False
    return True


@leaf
def _spread_holds(t: Tables, s: State, rule: int) -> bool:
    if t.share_in[rule] == 0 and t.spread_least[rule] == 0:
        return True
    if s.spread_total[rule] == 0:
        return True
    if s.spread_domains[rule] < t.spread_least[rule]:
        return False
    if t.share_in[rule] == 0:
        return True
    top = 0
    if t.spread_offset[rule] >= 0:
        level = t.spread_level[rule]
        for d in range(t.spread_offset[rule], t.spread_offset[rule] + t.level_size[level]):
            top = max(top, int(s.spread_count[d]))
    else:
        for node in range(len(s.node_head)):
            if s.node_head[node] >= 0:
                top = max(top, on_node(t, s, rule, node))
    return top <= limit(t, rule, s.spread_total[rule])


@leaf
def remove_workload(t: Tables, s: State, w: int) -> None:
    while s.work_head[w] >= 0:
        e = s.work_head[w]
        apply(t, s, number(s.entry_mode[e]), number(s.entry_node[e]), -s.entry_count[e])


@leaf
def remove_step(t: Tables, s: State, step: int) -> None:
    for j in range(t.step_start[step], t.step_start[step + 1]):
        remove_workload(t, s, t.step_workload[j])


@leaf
def remove_block(t: Tables, s: State, block: int) -> None:
    for step in range(t.block_start[block], t.block_start[block + 1]):
        remove_step(t, s, step)


@leaf
def _steps(t: Tables, s: State, block: int, focus: Ids, starts: Ids, nodes: Ids, noise: float, chunk: int) -> bool:
    """Place every step of the block; False as soon as one that is needed whole falls short."""
    for step in range(t.block_start[block], t.block_start[block + 1]):
        kind = t.step_kind[step]
        if kind == PLAIN:
            _plain(t, s, t.step_workload[t.step_start[step]], focus, noise, chunk)
        elif kind == TOGETHER:
            _together(t, s, step, focus, starts, nodes, noise, chunk)
        else:
            _tree(t, s, step, focus, starts, nodes, noise, chunk)
        for j in range(t.step_start[step], t.step_start[step + 1]):
            w = t.step_workload[j]
            if t.strict[w] and s.placed[w] < t.wanted[w]:
                return False
    return True


@leaf
def _plain(t: Tables, s: State, w: int, focus: Ids, noise: float, chunk: int) -> None:
    kind = t.kind_of[w]
    order = focus if len(focus) else t.order[t.order_start[kind] : t.order_start[kind + 1]]
    want = t.wanted[w] - s.placed[w]
    spread_out(t, s, w, want - homewards(t, s, w, want), order, noise, chunk)


@leaf
def _domains(t: Tables, s: State, w: int, level: int, focus: Ids, noise: float) -> int:
    """Make a heap of the domains that hold nodes for w: cheapest first, then the fullest ones; how many there are."""
    kind, found = t.kind_of[w], 0
    order = focus if len(focus) else t.order[t.order_start[kind] : t.order_start[kind + 1]]
    s.scalar[WORK] += len(order)
    for node in order:
        if t.allowed[kind, node]:
            d = t.domain[level, node]
            if s.total[d] < 0.0:
                s.total[d] = 0.0
                s.around[found] = d
                s.merit[found] = 100.0 * unit_price(t, w, node) if t.then == 1 else 0.0
                found += 1
            for r in range(s.free.shape[1]):
                s.total[d] += t.scarcity[r] * s.free[node, r]
    for i in range(found):
        s.merit[i] += 0.001 * s.total[s.around[i]] + noise * chance(s)
        s.total[s.around[i]] = -1.0
    heaped(s.merit, s.around, found)
    return found


@leaf
def _together(t: Tables, s: State, step: int, focus: Ids, starts: Ids, nodes: Ids, noise: float, chunk: int) -> None:
    """Try one domain after the other until the whole step fits; else keep the best that is not needed whole."""
    level = t.step_level[step]
    rule = t.step_together[step]
    here = number(s.together_domain[rule])
    if here != NOWHERE:
        if here >= 0:
            _fill(t, s, step, level, here, starts, nodes, noise, chunk)
        return
    first = t.step_workload[t.step_start[step]]
    mark = s.scalar[JOURNAL]
    best, best_domain = 0, -1
    for waiting in range(_domains(t, s, first, level, focus, noise), 0, -1):
        d = least(s.merit, s.around, waiting)
        got = _fill(t, s, step, level, d, starts, nodes, noise, chunk)
        if got < 0:
            return
        if got > best:
            best, best_domain = got, d
        undo(t, s, mark)
    if best_domain >= 0:
        _fill(t, s, step, level, number(best_domain), starts, nodes, noise, chunk)


@leaf
def _fill(t: Tables, s: State, step: int, level: int, d: int, starts: Ids, nodes: Ids, noise: float, chunk: int) -> int:
    """Put the step into one domain: -1 when all is placed, else the worth placed (0 if a part is needed whole)."""
    here = nodes[level, starts[level, d] : starts[level, d + 1]]
    worth, short = 0, False
    for j in range(t.step_start[step], t.step_start[step + 1]):
        w = t.step_workload[j]
        want = t.wanted[w] - s.placed[w]
        got = spread_out(t, s, w, want, here, noise, chunk)
        worth += t.weight[w] * got
        if got < want:
            short = True
            if t.strict[w]:
                return 0
    return worth if short else -1


@leaf
def _tree(t: Tables, s: State, step: int, focus: Ids, starts: Ids, nodes: Ids, noise: float, chunk: int) -> None:
    """Site by site: as many masters as the site takes together with the children that they need there; then the
    children that masters lack which stand there already."""
    level = t.step_level[step]
    for j in range(t.step_start[step], t.step_start[step + 1]):
        w = t.step_workload[j]
        if t.master_start[w] == t.master_start[w + 1] and s.placed[w] < t.wanted[w]:
            for waiting in range(_domains(t, s, w, level, focus, noise), 0, -1):
                _grow(t, s, step, w, level, least(s.merit, s.around, waiting), starts, nodes, noise, chunk)
                if s.placed[w] >= t.wanted[w]:
                    break
    if t.step_behind[step]:
        for d in range(t.level_size[level]):
            mark = s.scalar[JOURNAL]
            here = nodes[level, starts[level, d] : starts[level, d + 1]]
            if not _follow(t, s, step, d, here, noise, chunk):
                undo(t, s, mark)


@leaf
def _grow(
    t: Tables, s: State, step: int, w: int, level: int, d: int, starts: Ids, nodes: Ids, noise: float, chunk: int
) -> None:
    here = nodes[level, starts[level, d] : starts[level, d + 1]]
    want = t.wanted[w] - s.placed[w]
    if t.quota[w] > 0:
        missing = t.quota[w] - s.tally[t.tally_offset[w] + d]
        if missing <= 0 or missing > want:
            return
        want = missing
    mark = s.scalar[JOURNAL]
    while want > 0:
        got = spread_out(t, s, w, want, here, noise, chunk)
        if got == 0 or (t.quota[w] > 0 and got < want):
            break
        if _follow(t, s, step, d, here, noise, chunk):
            return
        undo(t, s, mark)
        if t.quota[w] > 0:
            return
        want = got - max(1, got // 8)
    undo(t, s, mark)


@leaf
def _follow(t: Tables, s: State, step: int, d: int, here: Ids, noise: float, chunk: int) -> bool:
    """Give every child of the step exactly the instances that the domain's masters need now."""
    for j in range(t.step_start[step], t.step_start[step + 1]):
        w = t.step_workload[j]
        if t.master_start[w] < t.master_start[w + 1]:
            masters = 0
            for i in range(t.master_start[w], t.master_start[w + 1]):
                masters += s.tally[t.tally_offset[t.master[i]] + d]
            need = -(-masters // t.ratio[w]) if t.ratio[w] > 0 else (t.each[w] if masters > 0 else 0)
            need -= s.tally[t.tally_offset[w] + d]
            if need < 0 or need > t.wanted[w] - s.placed[w]:
                return False
            if need > 0 and spread_out(t, s, w, need, here, noise, chunk) < need:
                return False
    return True
