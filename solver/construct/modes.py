"""Modes: of several ways to stand on a node, the one that leaves least of what it alone takes."""

from __future__ import annotations

from solver.compiled import leaf
from solver.construct.state import State
from solver.construct.tables import Tables


@leaf
def tightest(t: Tables, s: State, w: int, node: int) -> int:
    """The mode of w with room for an instance on the node and the least waste, the first of equals; -1 for none."""
    best, least = -1, 1e300
    rate = t.rate[node]
    for mode in range(t.modes[w], t.modes[w + 1]):
        fit = True
        for i in range(t.taken_start[mode], t.taken_start[mode + 1]):
            r = t.taken[i]
            if t.demand[rate, mode, r] > s.free[node, r]:
                fit = False
                break
        if fit:
            left = waste(t, s, mode, node)
            if left < least:
                best, least = mode, left
    return best


@leaf
def waste(t: Tables, s: State, mode: int, node: int) -> float:
    """What an instance leaves of the amounts that not every mode takes, such as one cell's or one device's."""
    left = 0.0
    rate = t.rate[node]
    for i in range(t.taken_start[mode], t.taken_start[mode + 1]):
        r = t.taken[i]
        if t.chosen[r] > 0.0:
            left += t.chosen[r] * (s.free[node, r] - t.demand[rate, mode, r])
    return left
