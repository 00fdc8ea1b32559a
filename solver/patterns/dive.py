"""Dive: fix the contents that the master uses almost wholly, price again, until all servers are whole."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from solver.patterns.generate import Generation
from solver.patterns.master import Master

FEW = 5
"""Rounds of pricing after each fixing."""
ALMOST, DRAW = 0.8, 0.3
"""Part of a server from which on contents are fixed; how much chance changes the order in which they are."""
BANS = 40
"""Columns given up, because fixing them missed the goal, before the dive is."""


def dive(work: Generation, goal: float, left: Callable[[], float], rng: np.random.Generator) -> dict[int, int] | None:
    """How often each column is used, for at most `goal`; None when this dive misses it. Columns found stay known."""
    master = work.master
    held: dict[int, int] = {}
    fixed: list[int] = []  # by the last step
    banned: dict[int, int] = {}
    try:
        while left() > 0 and len(banned) <= BANS:
            if not work.settle(FEW) or master.value > goal + 1e-6:
                if not fixed:
                    return None
                for row in fixed:
                    held[row] -= 1
                if len(fixed) == 1:
                    banned[fixed[0]] = held[fixed[0]]
                fixed = fixed[:1] if len(fixed) > 1 else []
            else:
                used = master.used()
                whole = np.floor(used + 1e-6).astype(np.int64)
                part = used - whole
                if (part < 1e-6).all():
                    return None if master.short else {row: n for row, n in enumerate(whole.tolist()) if n}
                held.update({row: n for row, n in enumerate(whole.tolist()) if n})
                fixed = _next(master, part * rng.uniform(1.0 - DRAW, 1.0, len(part)), part > ALMOST, held)
            for row in fixed:
                held[row] = held.get(row, 0) + 1
            master.hold(held, banned)
        return None
    finally:
        master.hold({}, {})


def _next(master: Master, lean: NDArray[np.float64], almost: NDArray[np.bool_], held: Mapping[int, int]) -> list[int]:
    """The columns to use once more: the one that the master leans to most, and those that it almost uses."""
    held, chosen = dict(held), []
    for row in sorted({int(lean.argmax()), *np.flatnonzero(almost).tolist()}, key=lambda row: -lean[row]):
        if master.room(row, held) >= 1:
            held[row] = held.get(row, 0) + 1
            chosen.append(row)
    return chosen
