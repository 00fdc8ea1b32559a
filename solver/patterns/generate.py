"""Column generation: master and pricing in turn, with a valid bound after every round."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from solver.patterns.catalogue import listed
from solver.patterns.master import Master
from solver.patterns.pricing import Pricer, Search
from solver.patterns.relaxation import Multipliers, Relaxation
from solver.problem import Ints

Stop = Callable[[], bool]
AT_ONCE = 100
"""Columns that a round adds at most, unless there are more types."""
SMALL, ALL = 20_000, 1_000_000
"""Contents that are listed at most: of plans as good as the bound, and of any plans."""
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
    return Generation(relaxation, step).rounds()


class Generation:
    """proven: no plan scores less, times scale; at first, the bound by volume. value: the highest Lagrangian value so
    far, of the multipliers `proof`. goal: contents are only those of plans with so few servers, and bounds are those of
    such plans.
    """

    def __init__(self, relaxation: Relaxation, step: int = 1) -> None:
        self.relaxation, self.step = relaxation, step
        self.prices: Pricer = relaxation.types.prices
        self.goal: int | None = None
        self.varied = isinstance(self.prices, Search)
        servers, self.proof = relaxation.volume()
        self.proven = self.value = servers * relaxation.scale
        self._start()

    def _start(self) -> None:
        self.master = Master(self.relaxation)
        for shelf in self.relaxation.shelves:
            for row, contents in self.prices.start(shelf, self.relaxation.wanted):
                self.master.add(int(shelf.types[row]), contents)

    @property
    def bound(self) -> int:
        """In units of the objective, rounded up to a multiple of `step`."""
        return max(-(-self.proven // (self.relaxation.scale * self.step)) * self.step, 0)

    def rounds(self) -> Iterator[Generated]:
        complete = False
        while not complete:
            complete = not self.round()
            yield Generated(self.bound, self, complete)
            for _ in () if complete else self._catalogued():
                yield Generated(self.bound, self, False)

    def refute(self) -> Iterator[Generated]:
        """There is no plan as good as the bound: go on from there."""
        self.proven = (self.bound + self.step) * self.relaxation.scale
        for _ in self._catalogued():
            yield Generated(self.bound, self, False)
        yield from self.rounds()

    def round(self) -> bool:
        """One more solution of the master, and the contents that improve it; False when there are none, or when that
        changes nothing as the bound is reached.

        Contents are first looked for between the best multipliers and the master's, which jump about (Wentges 1997).
        """
        master = self.master
        at, worth = master.solve()
        if self.relaxation.term is None and self._reached():  # else there is use for more contents
            return False
        near = self.proof.item.any() and self._price(self.proof.towards(at, SMOOTH), at, worth)
        more = bool(near or self._price(at, at, worth) or (master.short and master.dearer()) or self.prices.strive())
        return (more or self._refuted()) and not self._reached()

    def settle(self, rounds: int) -> bool:
        """Solve the master, after so many rounds of pricing at most; False when it has no solution."""
        for _ in range(rounds):
            at, worth = self.master.solve()
            if not self.master.feasible or not self._price(at, at, worth):
                return self.master.feasible
        self.master.solve()
        return self.master.feasible

    def _reached(self) -> bool:
        """Is the bound as good as the master, rounded up?"""
        value = self.master.value
        least = math.ceil((value - 1e-6 * max(1.0, abs(value))) / self.step) * self.step
        return not self.master.short and not self._refuted() and self.bound >= least

    def _refuted(self) -> bool:
        return self.goal is not None and self.bound > self.goal

    def _catalogued(self) -> Iterator[None]:
        """List the contents, if there are few enough, part by part: those of plans as good as the bound, or all."""
        if not self.varied or (self.goal is not None and not self._refuted()):
            return
        found = None
        if self.relaxation.term == "fewest-servers":
            found = yield from listed(self.relaxation, self.bound, SMALL)
        if found is None:
            self.varied = False
            found = yield from listed(self.relaxation, None, ALL)
        fresh, self.goal = self.goal is None, self.bound if self.varied else None
        if found is not None:
            self.prices = found
            if fresh and self.goal is not None:
                self._start()
        self.value = 0
        self._price(self.proof, self.proof, np.zeros(len(self.relaxation.types), np.int64))

    def _price(self, at: Multipliers, true: Multipliers, worth: Ints) -> int:
        """How many columns were added: the best contents of every type under the multipliers `at`, as far as they
        improve the master, whose own multipliers are `true`."""
        relaxation, gains, added = self.relaxation, 0, 0
        for shelf in relaxation.shelves:
            fee = relaxation.fee(shelf)
            priced = self.prices.best(shelf, relaxation.profit(shelf, at))
            surplus = np.maximum(priced.value - fee, 0)
            many = relaxation.types.many[shelf.types]
            gains += sum(int(a) * int(b) for a, b in zip(surplus, many, strict=True))
            gain = priced.contents @ relaxation.profit(shelf, true) - (fee + worth[shelf.types])[priced.row]
            better = np.flatnonzero(gain > relaxation.scale // 10**5)
            for column in better[np.argsort(-gain[better], kind="stable")][: max(AT_ONCE, len(shelf.types))].tolist():
                added += self.master.add(int(shelf.types[priced.row[column]]), priced.contents[column])
        value = relaxation.value(at, gains)
        if value > self.value:
            self.value, self.proof = value, at
        most = math.inf if self.goal is None else (self.goal + 1) * relaxation.scale
        self.proven = max(self.proven, int(min(value, most)))
        return added
