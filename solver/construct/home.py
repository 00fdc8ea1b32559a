"""Home: what runs and may move; how much of it is away."""

from __future__ import annotations

from solver.compiled import leaf
from solver.construct.special import HEAD, HOME, HOME_END, WIDTH, Sight


@leaf
def at_home(v: Sight, w: int, mode: int, node: int) -> int:
    """Instances of the mode whose home is the node."""
    first, last = v.special[HEAD + WIDTH * w + HOME], v.special[HEAD + WIDTH * w + HOME_END]
    low, high = 0, (last - first) // 3
    while low < high:
        middle = (low + high) // 2
        here = first + 3 * middle
        if v.special[here] < mode or (v.special[here] == mode and v.special[here + 1] < node):
            low = middle + 1
        else:
            high = middle
    row = first + 3 * low
    if row < last and v.special[row] == mode and v.special[row + 1] == node:
        return int(v.special[row + 2])
    return 0


@leaf
def on(v: Sight, mode: int, node: int) -> int:
    """Instances of the mode on the node that are not fixed."""
    e = v.node_head[node]
    while e >= 0:
        if v.entry_mode[e] == mode and not v.entry_fixed[e]:
            return int(v.entry_count[e])
        e = v.node_next[e]
    return 0


@leaf
def leaving(v: Sight, w: int, mode: int, node: int, count: int) -> int:
    """How many more instances are away from home with `count` more on the node (negative: they come back)."""
    home = at_home(v, w, mode, node)
    if home == 0:
        return 0
    here = on(v, mode, node)
    return max(home - here - count, 0) - max(home - here, 0)
