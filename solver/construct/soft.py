"""Soft rules in a search: what a change breaks or mends, told before it is made and booked when it is.

A breach is kept per rule as its total, its domains, its excess and its top; all change with one domain at a time. Where
the limit follows the total (shares) or the fullest domain counts, a ladder helps: how many domains hold k or more.
"""

from __future__ import annotations

from solver.compiled import leaf
from solver.construct.special import (
    ABOVE,
    COUNTS,
    DOMAINS,
    EXCESS,
    HEAD,
    IN,
    KIND,
    LADDER,
    LEAST,
    LEVEL,
    MOST,
    OF,
    OUTSIDE,
    PARTS,
    SOFT,
    SOFT_END,
    SUMS,
    TOP,
    TOTAL,
    WEIGHT,
    WHOLE,
    WIDTH,
    Sight,
)


@leaf
def soft_change(v: Sight, w: int, node: int, count: int) -> int:
    """What `count` more (or fewer) instances of w on the node add to the weight of what is broken."""
    change = 0
    at = HEAD + WIDTH * w
    for i in range(v.special[at + SOFT], v.special[at + SOFT_END], 2):
        rule, part = v.special[i], v.special[i + 1]
        kind = v.special[rule + KIND]
        here = _held(v, rule, part, node)
        if kind == EXCESS:
            more = _excess_after(v, rule, here, count) - v.counter[v.special[rule + SUMS] + ABOVE]
            more += _missing_after(v, rule, here, count) - _missing_after(v, rule, here, 0)
        elif kind == OUTSIDE:
            more = count - (_top_after(v, rule, here, count) - v.counter[v.special[rule + SUMS] + TOP])
        else:
            largest = _largest_other(v, rule, part, node)
            more = count - (max(largest, here + count) - max(largest, here))
        change += v.special[rule + WEIGHT] * more
    return change


@leaf
def soft_book(v: Sight, w: int, node: int, count: int) -> None:
    """Bring the counters up to date."""
    at = HEAD + WIDTH * w
    for i in range(v.special[at + SOFT], v.special[at + SOFT_END], 2):
        rule, part = v.special[i], v.special[i + 1]
        here = _held(v, rule, part, node)
        if v.special[rule + KIND] == EXCESS:
            v.counter[v.special[rule + SUMS] + ABOVE] = _excess_after(v, rule, here, count)
            v.counter[v.special[rule + SUMS] + DOMAINS] += (here + count > 0) - (here > 0)
        elif v.special[rule + KIND] == OUTSIDE:
            v.counter[v.special[rule + SUMS] + TOP] = _top_after(v, rule, here, count)
        v.counter[v.special[rule + SUMS] + TOTAL] += count
        if v.special[rule + KIND] == OUTSIDE or v.special[rule + IN] > 0:
            ladder = v.special[rule + LADDER]
            for k in range(here + 1, here + count + 1):
                v.counter[ladder + k] += 1
            for k in range(here + count + 1, here + 1):
                v.counter[ladder + k] -= 1
        if v.special[rule + COUNTS] >= 0:
            d = v.domain[v.special[rule + LEVEL], node]
            v.counter[v.special[rule + COUNTS] + d * v.special[rule + PARTS] + part] += count


@leaf
def calm_here(v: Sight, w: int, node: int, want: int) -> int:
    """How many instances of w, at most `want`, break nothing more on the node, when all that is asked for is placed."""
    at = HEAD + WIDTH * w
    for i in range(v.special[at + SOFT], v.special[at + SOFT_END], 2):
        rule, part = v.special[i], v.special[i + 1]
        here = _held(v, rule, part, node)
        total = v.counter[v.special[rule + SUMS] + TOTAL]
        if v.special[rule + KIND] == EXCESS:
            want = min(want, _limit(v, rule, v.special[rule + WHOLE]) - here)
            missing = v.special[rule + LEAST] - v.counter[v.special[rule + SUMS] + DOMAINS] - (here == 0)
            if missing > 0:
                want = min(want, max(v.special[rule + WHOLE] - total - missing, int(here == 0)))
        elif v.special[rule + KIND] == OUTSIDE:
            if total > 0 and here < v.counter[v.special[rule + SUMS] + TOP]:
                return 0
        elif here < _largest_other(v, rule, part, node):
            return 0
        if want <= 0:
            return 0
    return want


@leaf
def _held(v: Sight, rule: int, part: int, node: int) -> int:
    """Instances that the rule counts in the node's domain, of one part."""
    if v.special[rule + COUNTS] >= 0:
        d = v.domain[v.special[rule + LEVEL], node]
        return int(v.counter[v.special[rule + COUNTS] + d * v.special[rule + PARTS] + part])
    total = 0
    e = v.node_head[node]
    while e >= 0:
        w = v.owner[v.entry_mode[e]]
        at = HEAD + WIDTH * w
        for i in range(v.special[at + SOFT], v.special[at + SOFT_END], 2):
            if v.special[i] == rule and v.special[i + 1] == part:
                total += v.entry_count[e]
        e = v.node_next[e]
    return total


@leaf
def _limit(v: Sight, rule: int, total: int) -> int:
    most = min(total, int(v.special[rule + MOST]))
    if v.special[rule + IN] > 0:
        most = min(most, int(total * v.special[rule + OF] // v.special[rule + IN]))
    return most


@leaf
def _excess_after(v: Sight, rule: int, here: int, count: int) -> int:
    """Instances above the limit, over all domains, after the change."""
    total, above = v.counter[v.special[rule + SUMS] + TOTAL], v.counter[v.special[rule + SUMS] + ABOVE]
    limit = _limit(v, rule, total + count)
    if v.special[rule + IN] > 0:
        before, ladder = _limit(v, rule, total), v.special[rule + LADDER]
        for k in range(before + 1, limit + 1):
            above -= v.counter[ladder + k]
        for k in range(limit + 1, before + 1):
            above += v.counter[ladder + k]
        return int(above - max(here - limit, 0) + max(here + count - limit, 0))
    most = v.special[rule + MOST]
    return int(above - max(here - most, 0) + max(here + count - most, 0))


@leaf
def _missing_after(v: Sight, rule: int, here: int, count: int) -> int:
    """Domains that are missing after the change; none where there are no instances at all."""
    if v.counter[v.special[rule + SUMS] + TOTAL] + count <= 0:
        return 0
    domains = v.counter[v.special[rule + SUMS] + DOMAINS] + (here + count > 0) - (here > 0)
    return max(int(v.special[rule + LEAST] - domains), 0)


@leaf
def _top_after(v: Sight, rule: int, here: int, count: int) -> int:
    """Instances in the fullest domain after the change."""
    top = int(v.counter[v.special[rule + SUMS] + TOP])
    if here < top or count >= 0:
        return max(top, here + count)
    ladder = v.special[rule + LADDER]
    while top > here + count and v.counter[ladder + top] <= 1:
        top -= 1
    return top


@leaf
def _largest_other(v: Sight, rule: int, part: int, node: int) -> int:
    """Instances of the largest other part in the node's domain."""
    largest = 0
    if v.special[rule + COUNTS] >= 0:
        for other in range(v.special[rule + PARTS]):
            if other != part:
                largest = max(largest, _held(v, rule, other, node))
        return largest
    e = v.node_head[node]
    while e >= 0:
        w = v.owner[v.entry_mode[e]]
        at = HEAD + WIDTH * w
        for i in range(v.special[at + SOFT], v.special[at + SOFT_END], 2):
            if v.special[i] == rule and v.special[i + 1] != part:
                largest = max(largest, _held(v, rule, v.special[i + 1], node))
        e = v.node_next[e]
    return largest
