"""Column generation: master and pricing in turn, with a valid bound after every round."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from solver.patterns.master import Master
from solver.patterns.relaxation import Multipliers, Relaxation
from solver.problem import Ints

Stop = Callable[[], bool]
AT_ONCE = 100
"""Columns that a round adds at most, unless there are more types."""
SMOOTH = 5
"""Sixteenths of the way from the best multipliers to the master's at which contents are looked for first."""


@dataclass(frozen=True, slots=True)
class Generated:
    """bound: no plan scores less. work: the contents found on the way, and the multipliers that prove it.

    complete: pricing found nothing more, so that the bound is the relaxation's optimum, rounded up.
    """

    bound: int
    work: Generation
    complete: bool

    @property
    def master(self) -> Master:
        return self.work.master


def rounds(relaxation: Relaxation, step: int = 1) -> Iterator[Generated]:
    """What is known after each round; the last one is complete."""
    work, complete = Generation(relaxation), False
    while not complete:
        more = work.round()
        complete = work.reached(step) or not more
        yield Generated(max(_up(work.best, relaxation, step), 0), work, complete)


class Generation:
    """best: the highest Lagrangian value so far (at first, the bound by volume), of the multipliers `proof`."""

    def __init__(self, relaxation: Relaxation) -> None:
        self.relaxation = relaxation
        self.master = Master(relaxation)
        servers, self.proof = relaxation.volume()
        self.best = servers * relaxation.scale
        for shelf in relaxation.shelves:
            for row, contents in relaxation.types.prices.start(shelf, relaxation.wanted):
                self.master.add(int(shelf.types[row]), contents)

    def round(self) -> bool:
        """One more solution of the master, and the contents that improve it; False when there are none.

        Contents are first looked for between the best multipliers and the master's, which jump about (Wentges 1997).
        """
        prices, master = self.relaxation.types.prices, self.master
        at, worth = master.solve()
        near = self.proof.item.any() and self._price(self.proof.towards(at, SMOOTH), at, worth)
        return bool(near or self._price(at, at, worth) or (master.short and master.dearer()) or prices.strive())

    def settle(self, rounds: int) -> bool:
        """Solve the master, after so many rounds of pricing at most; False when it has no solution."""
        for _ in range(rounds):
            at, worth = self.master.solve()
            if not self.master.feasible or not self._price(at, at, worth):
                return self.master.feasible
        self.master.solve()
        return self.master.feasible

    def reached(self, step: int) -> bool:
        if self.master.short:
            return False
        return _up(self.best, self.relaxation, step) >= _ceiling(self.master.value, step)

    def _price(self, at: Multipliers, true: Multipliers, worth: Ints) -> int:
        """How many columns were added: the best contents of every type under the multipliers `at`, as far as they
        improve the master, whose own multipliers are `true`."""
        relaxation, gains, added = self.relaxation, 0, 0
        for shelf in relaxation.shelves:
            fee = relaxation.fee(shelf)
            priced = relaxation.types.prices.best(shelf, relaxation.profit(shelf, at))
            surplus = np.maximum(priced.value - fee, 0)
            many = relaxation.types.many[shelf.types]
            gains += sum(int(a) * int(b) for a, b in zip(surplus, many, strict=True))
            gain = priced.contents @ relaxation.profit(shelf, true) - (fee + worth[shelf.types])[priced.row]
            better = np.flatnonzero(gain > relaxation.scale // 10**5)
            for column in better[np.argsort(-gain[better], kind="stable")][: max(AT_ONCE, len(shelf.types))].tolist():
                added += self.master.add(int(shelf.types[priced.row[column]]), priced.contents[column])
        value = relaxation.value(at, gains)
        if value > self.best:
            self.best, self.proof = value, at
        return added


def _up(value: int, relaxation: Relaxation, step: int) -> int:
    """In units of the objective, rounded up to a multiple of `step`."""
    return -(-value // (relaxation.scale * step)) * step


def _ceiling(value: float, step: int) -> int:
    """What the bound would be at least if it were as good as the master."""
    return math.ceil((value - 1e-6 * max(1.0, abs(value))) / step) * step
