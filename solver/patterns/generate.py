"""Column generation: master and pricing in turn, with a valid bound after every round."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from solver.patterns.master import Master
from solver.patterns.relaxation import Multipliers, Relaxation
from solver.problem import Ints

Stop = Callable[[], bool]


@dataclass(frozen=True, slots=True)
class Generated:
    """bound: no plan scores less. at: the multipliers that prove it. master: the contents found on the way.

    complete: pricing found nothing more, so that the bound is the relaxation's optimum, rounded up.
    """

    bound: int
    at: Multipliers
    master: Master
    complete: bool
    rounds: int


def generate(relaxation: Relaxation, stop: Stop, step: int = 1) -> Generated:
    """Until nothing improves, `stop` says so, or the bound has reached the master rounded up to `step`."""
    master = Master(relaxation)
    best, proof, complete, rounds = -1, Multipliers.none(relaxation.items), False, 0
    while not complete:
        at, worth = master.solve()
        value, added = _price(relaxation, master, at, worth)
        rounds += 1
        if value > best:
            best, proof = value, at
        reached = not master.short and _up(best, relaxation, step) >= _ceiling(master.value, step)
        more = added or (master.short and master.dearer()) or relaxation.types.prices.strive()
        complete = reached or not more
        if stop():
            break
    return Generated(max(_up(best, relaxation, step), 0), proof, master, complete, rounds)


def _up(value: int, relaxation: Relaxation, step: int) -> int:
    """In units of the objective, rounded up to a multiple of `step`."""
    return -(-value // (relaxation.scale * step)) * step


def _ceiling(value: float, step: int) -> int:
    """What the bound would be at least if it were as good as the master."""
    return math.ceil((value - 1e-6 * max(1.0, abs(value))) / step) * step


def _price(relaxation: Relaxation, master: Master, at: Multipliers, worth: Ints) -> tuple[int, int]:
    """(Lagrangian value, columns added): the best contents of every type under these multipliers."""
    gains, added = 0, 0
    for shelf in relaxation.shelves:
        profit, fee = relaxation.profit(shelf, at), relaxation.fee(shelf)
        value, contents = relaxation.types.prices.best(shelf, profit)
        surplus = np.maximum(value - fee, 0)
        many = relaxation.types.many[shelf.types]
        gains += sum(int(a) * int(b) for a, b in zip(surplus, many, strict=True))
        for row in np.flatnonzero(contents @ profit - fee > worth[shelf.types] + relaxation.scale // 10**5):
            added += master.add(int(shelf.types[row]), contents[row])
    return relaxation.value(at, gains), added
