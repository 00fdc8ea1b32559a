"""Fit: how many instances of a workload a node can take now, and how well they would sit there."""

from __future__ import annotations

from solver.compiled import inlined, leaf, number
from solver.construct.heap import heaped, least
from solver.construct.home import leaving, on
from solver.construct.modes import tightest, waste
from solver.construct.soft import calm_here, soft_change
from solver.construct.special import (
    HEAD,
    HOME,
    HOME_DEAR,
    HOME_END,
    SOFT,
    SOFT_DEAR,
    SOFT_END,
    SPECIAL,
    UNIT,
    WIDTH,
    Sight,
)
from solver.construct.state import (
    NEVER,
    NOWHERE,
    WINDOW,
    WORK,
    State,
    apply,
    chance,
    on_node,
    slots_left,
    stranded,
    unit_price,
)
from solver.construct.tables import Tables
from solver.problem import Ids

CONSIDERED = 4
"""Work of a node that competes, in nodes looked at."""
STRANDED = 1.0
HOMING = 0.8
"""How often what runs goes back where it was, as far as there is room."""


@inlined
def room(t: Tables, s: State, mode: int, node: int) -> int:
    """Instances of the mode that the node's free amounts take."""
    most = 2**40
    rate = t.rate[node]
    for i in range(t.taken_start[mode], t.taken_start[mode + 1]):
        r = t.taken[i]
        each = t.demand[rate, mode, r]
        if each > 0:
            free = s.free[node, r]
            if free < each:
                return 0
            most = min(most, int(free // each))
    return most


@inlined
def fits(t: Tables, s: State, w: int, node: int, want: int) -> int:
    """Instances that the node's free amounts take, at most `want`, over the modes of w one after the other."""
    total = 0
    for mode in range(t.modes[w], t.modes[w + 1]):
        total += room(t, s, mode, node)
        if total >= want:
            return want
    return total


@inlined
def permitted(t: Tables, s: State, w: int, node: int, want: int) -> int:
    """Instances of w that the rules let the node take now, at most `want`."""
    for i in range(t.together_start[w], t.together_start[w + 1]):
        rule = t.together[i]
        here = s.together_domain[rule]
        if here != NOWHERE and here != t.domain[t.together_level[rule], node]:
            return 0
    for i in range(t.apart_start[w], t.apart_start[w + 1]):
        if _other_part(t, s, i, node):
            return 0
    for i in range(t.spread_start[w], t.spread_start[w + 1]):
        want = _under_limits(t, s, t.spread[i], node, want)
        if want <= 0:
            return 0
    return want


@inlined
def _other_part(t: Tables, s: State, i: int, node: int) -> bool:
    rule, part = t.apart[i], t.apart_part[i]
    if t.apart_offset[rule] >= 0:
        holder = s.holder[t.apart_offset[rule] + t.domain[t.apart_level[rule], node]]
        return bool(holder == NEVER or (holder != NOWHERE and holder != part))
    e = s.node_head[node]
    while e >= 0:
        w = t.owner[s.entry_mode[e]]
        for j in range(t.apart_start[w], t.apart_start[w + 1]):
            if t.apart[j] == rule and t.apart_part[j] != part:
                return True
        e = s.node_next[e]
    return False


@inlined
def _under_limits(t: Tables, s: State, rule: int, node: int, want: int) -> int:
    if t.spread_offset[rule] >= 0:
        here = s.spread_count[t.spread_offset[rule] + t.domain[t.spread_level[rule], node]]
    else:
        here = on_node(t, s, rule, node)
    want = min(want, limit(t, rule, s.spread_target[rule]) - here)
    missing = t.spread_least[rule] - s.spread_domains[rule] - (here == 0)
    if missing > 0:
        want = min(want, s.spread_target[rule] - s.spread_total[rule] - missing)
    return want


@inlined
def limit(t: Tables, rule: int, total: int) -> int:
    """The most instances that one domain may hold when the spread rule has `total` of them."""
    most = int(t.spread_most[rule])
    if t.share_in[rule] > 0:
        most = min(most, int((total - t.share_past[rule]) * t.share_of[rule] // t.share_in[rule]))
    return most


@inlined
def put(t: Tables, s: State, w: int, node: int, want: int) -> int:
    """Put as many instances as fit and are permitted, at most `want`; how many that was."""
    want = permitted(t, s, w, node, want)
    done = 0
    while done < want:
        mode = tightest(t, s, w, node)
        if mode < 0:
            break
        count = min(room(t, s, mode, node), want - done)
        apply(t, s, mode, node, count)
        done += count
    return done


@inlined
def badness(t: Tables, s: State, w: int, node: int, count: int) -> float:
    """What is lost by putting `count` instances here: first by the second objective, then room left over."""
    mode = t.modes[w] if t.modes[w] + 1 == t.modes[w + 1] else tightest(t, s, w, node)
    rate = t.rate[node]
    left, worth = waste(t, s, mode, node), 1e-9
    for r in range(t.demand.shape[2]):
        left += t.scarcity[r] * (s.free[node, r] - count * t.demand[rate, mode, r])
        worth += t.value[r] * count * t.demand[rate, mode, r]
    left += STRANDED * (stranded(t, s, node, mode, count) - stranded(t, s, node, mode, 0)) / worth
    if t.then == 1:
        return float(100.0 * unit_price(t, w, node) + left)
    if t.then == 2 and s.load[node] == 0 and not t.busy[node]:
        return 100.0 + left
    if t.then == 3:
        after = 2**62
        for r in range(t.slot.shape[1]):
            if t.slot[rate, r] > 0:
                after = min(after, int((s.free[node, r] - count * t.demand[rate, mode, r]) // t.slot[rate, r]))
        return 100.0 * (slots_left(t, s, node) - after) / count + left
    return left


@leaf
def extra(t: Tables, s: State, w: int, node: int, count: int) -> float:
    """Badness of breaking soft rules and of not coming home."""
    v = Sight(
        t.special, s.tally, t.domain, t.owner, s.node_head, s.node_next, s.entry_mode, s.entry_count, s.entry_fixed
    )
    broken = t.special[SOFT_DEAR] * (soft_change(v, w, node, count) / t.special[UNIT])
    return float((broken + t.special[HOME_DEAR] * leaving(v, w, t.modes[w], node, count)) / count)


@leaf
def calm(t: Tables, s: State, w: int, node: int, want: int) -> int:
    """How many instances, at most `want`, break no soft rule more."""
    v = Sight(
        t.special, s.tally, t.domain, t.owner, s.node_head, s.node_next, s.entry_mode, s.entry_count, s.entry_fixed
    )
    return calm_here(v, w, node, want)


@leaf
def spread_out(t: Tables, s: State, w: int, want: int, nodes: Ids, noise: float, chunk: int) -> int:
    """Put up to `want` instances on the nodes, in windows of their order, in each the node with least badness first.

    noise: random part of the badness. chunk: instances per node and pass. How many were put. What breaks no soft
    rule goes before what does.
    """
    at = HEAD + WIDTH * w
    gently = t.special[at + SOFT] < t.special[at + SOFT_END]
    done = 0
    while True:
        done += _sweep(t, s, w, want - done, nodes, noise, chunk, gently)
        if not gently:
            return done
        gently = False


@leaf
def homewards(t: Tables, s: State, w: int, want: int) -> int:
    """Usually, what runs goes back where it was, as far as there is room and no soft rule speaks against it; how many
    did. Wherever that is: not for what must stand in some domain."""
    at = HEAD + WIDTH * w
    if t.special[at + HOME] == t.special[at + HOME_END] or chance(s) >= HOMING:
        return 0
    done = 0
    v = Sight(
        t.special, s.tally, t.domain, t.owner, s.node_head, s.node_next, s.entry_mode, s.entry_count, s.entry_fixed
    )
    for i in range(t.special[at + HOME], t.special[at + HOME_END], 3):
        mode, node = t.special[i], t.special[i + 1]
        missing = min(t.special[i + 2] - on(v, mode, node), want - done)
        if missing > 0:
            count = min(permitted(t, s, w, node, missing), room(t, s, mode, node))
            count = calm_here(v, w, node, count)
            if count > 0:
                apply(t, s, mode, node, count)
                done += count
    return done


@leaf
def _sweep(t: Tables, s: State, w: int, want: int, nodes: Ids, noise: float, chunk: int, gently: bool) -> int:
    """gently: as long as no soft rule is broken more."""
    done = 0
    at = 0
    special = t.special[HEAD + WIDTH * w + SPECIAL] > 0
    kind = t.kind_of[w]
    while at < len(nodes) and done < want:
        found, before = 0, at
        while at < len(nodes) and found < WINDOW:
            node = number(nodes[at])
            at += 1
            if t.allowed[kind, node]:
                count = fits(t, s, w, node, want - done)
                if gently and count > 0:
                    count = calm(t, s, w, node, count)
                if count > 0:
                    s.near[found] = node
                    s.score[found] = badness(t, s, w, node, min(count, chunk)) + noise * chance(s)
                    if special:
                        s.score[found] += extra(t, s, w, node, min(count, chunk))
                    found += 1
        s.scalar[WORK] += at - before + CONSIDERED * found
        heaped(s.score, s.near, found)
        waiting, moving = found, True
        while moving and done < want:
            moving = False
            for i in range(found - 1, -1, -1):
                if done >= want:
                    break
                if i < waiting:
                    least(s.score, s.near, waiting)
                    waiting = i
                node = number(s.near[i])
                count = min(want - done, chunk)
                if gently:
                    count = calm(t, s, w, node, count)
                count = put(t, s, w, node, count)
                done += count
                moving = moving or (count > 0 and chunk < want)
    return done
