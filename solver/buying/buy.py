"""Buy: propose by the coarse count, try on servers, mend, trim, and prove by the whole model where it is small."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from solver.buying.coarse import coarse
from solver.buying.exact import exact
from solver.buying.market import Market
from solver.constraints import Children
from solver.exact import small
from solver.problem import Ints, Placement, Problem
from solver.solve import Limits, solve

Status = Literal["optimal", "feasible", "infeasible", "unknown"]
EFFORT = 4
"""Rounds of search for each purchase that is tried."""
ROUNDS = 30
"""Times that a purchase which is not enough is added to."""
PART = 0.4
"""Of the seconds, for the bound, and as much for the exact model."""


@dataclass(frozen=True, slots=True)
class Bought:
    """counts [offers]: servers to buy; placement: of all that is asked for, on the problem that `stocked` gives.

    infeasible: proven that no purchase is enough. unknown: none was found. bound: no purchase that works costs less.
    """

    status: Status
    counts: Ints
    cost: int
    bound: int
    placement: Placement | None


Found = tuple[Ints, Placement]


def buy(market: Market, clock: Callable[[], float], seconds: float, seed: int = 0) -> Bought:
    """Stops soon after so many seconds with the best that is known; the referee passes what is returned."""
    run = _Run(market, clock, clock() + seconds, seconds, seed)
    nothing = np.zeros(len(market.nodes), np.int64)
    if (placement := run.placed(nothing)) is not None:
        return Bought("optimal", nothing, 0, 0, placement)
    first = coarse(market, market.problem.count, nothing, standing=True, seconds=seconds * PART)
    if not first.possible:
        return Bought("infeasible", nothing, 0, 0, None)
    found = run.mended(first.counts)
    if found is not None:
        found = run.trimmed(found, first.bound)
    bound, found, proven = run.proven(first.bound, found)
    if found is None:
        return Bought("infeasible" if proven else "unknown", nothing, 0, bound, None)
    cost = market.cost(found[0])
    return Bought("optimal" if cost <= bound else "feasible", found[0], cost, min(bound, cost), found[1])


@dataclass(frozen=True, slots=True)
class _Run:
    market: Market
    clock: Callable[[], float]
    until: float
    seconds: float
    seed: int

    def left(self) -> float:
        return self.until - self.clock()

    def tried(self, counts: Ints) -> tuple[Problem, Placement]:
        problem, _ = self.market.stocked(counts)
        limits = Limits(self.clock, seconds=1e-9, effort=EFFORT, gap=0.0, lanes=1, seed=self.seed)
        return problem, solve(replace(problem, then=None), limits).placement

    def placed(self, counts: Ints) -> Placement | None:
        """All that is asked for, with this purchase; None when no place was found for some of it."""
        problem, placement = self.tried(counts)
        return None if _lacking(problem, placement).any() else placement

    def mended(self, counts: Ints) -> Found | None:
        """What finds no place gets servers of its own, until nothing is left over."""
        for _ in range(ROUNDS):
            problem, placement = self.tried(counts)
            lacking = _lacking(problem, placement)
            if not lacking.any():
                return counts, placement
            more = coarse(
                self.market, self._with_children(lacking), counts, standing=False, seconds=max(self.left(), 1.0) / 4
            )
            if not more.counts.any() or self.left() <= 0:
                return None
            counts = counts + more.counts
        return None

    def _with_children(self, lacking: Ints) -> Ints:
        wanted = lacking.copy()
        for rule in self.market.problem.rules:
            if isinstance(rule, Children) and wanted[list(rule.masters)].any():
                wanted[rule.child] = self.market.problem.count[rule.child]
        return wanted

    def trimmed(self, found: Found, bound: int) -> Found:
        """Cheaper purchases next to it, one change at a time, as long as there is time and it may pay."""
        better = True
        while better and self.market.cost(found[0]) > bound:
            better = False
            for counts in self._cheaper(found[0]):
                if self.left() <= self.seconds * PART:
                    return found
                if (placement := self.placed(counts)) is not None:
                    found, better = (counts, placement), True
                    break
        return found

    def _cheaper(self, counts: Ints) -> Iterator[Ints]:
        """A server less, the dearest first; then another offer in the place of one, the cheapest first."""
        market = self.market
        has = np.flatnonzero(counts)
        for offer in has[np.argsort(-market.price[has], kind="stable")].tolist():
            yield _changed(counts, offer, None)
        cost = market.cost(counts)
        swaps = [
            (market.cost(changed), offer, other)
            for offer in has.tolist()
            for other in np.flatnonzero(market.price < market.price[offer]).tolist()
            if market.fits(changed := _changed(counts, offer, other))
        ]
        for spent, offer, other in sorted(swaps):
            if spent < cost:
                yield _changed(counts, offer, other)

    def proven(self, bound: int, found: Found | None) -> tuple[int, Found | None, bool]:
        """(bound, the best that is known, whether `bound` says all). By the whole model, where that is small: no offer
        is then bought more often than what is known costs."""
        market = self.market
        cost = market.cost(found[0]) if found else None
        if cost is not None and cost <= bound:
            return bound, found, True
        most = market.room[market.site]
        if cost is not None:
            most = np.minimum(most, cost // np.maximum(market.price, 1))
        if most.sum() > 1_000 or not small(market.stocked(np.maximum(most, 1))[0]):
            return bound, found, False
        counts, proof, whole = exact(market, most, self.left, self.seed)
        if counts is not None and (cost is None or market.cost(counts) < cost):
            placement = self.placed(counts)
            found = found if placement is None else (counts, placement)
        return max(bound, proof), found, whole


def _changed(counts: Ints, less: int, more: int | None) -> Ints:
    changed = counts.copy()
    changed[less] -= 1
    if more is not None:
        changed[more] += 1
    return changed


def _lacking(problem: Problem, placement: Placement) -> Ints:
    """[workloads]: instances of some worth that are not placed."""
    placed = np.bincount(problem.owner(placement.mode), placement.instances, minlength=problem.workloads)
    lacking: Ints = np.where(problem.weight > 0, problem.count - placed.astype(np.int64), 0)
    return lacking
