"""Coarse: a market counted in sums per place instead of servers: a bound on every purchase, and a proposal for one.

Left out is how instances share a server beyond what each takes alone, and rules inside a place. What is left
is a relaxation: every purchase that works is one of its solutions, at the same price.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from ortools.math_opt.python import mathopt

from solver.buying.market import Market
from solver.buying.zones import Zones, zones
from solver.constraints import Children, Spread, Survival
from solver.constraints.base import kept
from solver.patterns.integer import lasting
from solver.problem import Ints

NODES = 2_000
"""Nodes of the search tree: the same work on every machine."""


@dataclass(frozen=True, slots=True)
class Coarse:
    """counts [offers]: a proposal. bound: no purchase costs less. possible: False is proven."""

    counts: Ints
    bound: int
    possible: bool


def coarse(market: Market, wanted: Ints, bought: Ints, *, standing: bool, seconds: float) -> Coarse:
    """wanted [workloads]: instances to be placed. bought [offers]: servers that are there already, full. standing: with
    what is free on servers that stand."""
    program = _Program(market, zones(market), wanted, bought, standing)
    limits = mathopt.SolveParameters(time_limit=lasting(seconds), node_limit=NODES, relative_gap_tolerance=0.0)
    found = mathopt.solve(program.model, mathopt.SolverType.HIGHS, params=limits)
    nothing = np.zeros(len(market.nodes), np.int64)
    if found.termination.reason == mathopt.TerminationReason.INFEASIBLE:
        return Coarse(nothing, 0, False)
    dual = found.termination.objective_bounds.dual_bound
    bound = max(math.ceil(dual - 1e-6 * max(1.0, abs(dual))), 0) if math.isfinite(dual) else 0
    if not found.has_primal_feasible_solution():
        return Coarse(nothing, bound, True)
    return Coarse(program.proposal(found.variable_values()), bound, True)


class _Program:
    def __init__(self, market: Market, zones: Zones, wanted: Ints, bought: Ints, standing: bool) -> None:
        self.market, self.problem, self.zones = market, market.problem, zones
        self.wanted, self.bought, self.standing = wanted, bought, standing
        self.asked = np.flatnonzero(wanted > 0).tolist()
        self.model: Any = mathopt.Model()
        self.on: dict[int, list[tuple[Any, int]]] = {workload: [] for workload in self.asked}
        self.servers = [self.model.add_integer_variable(lb=0.0, ub=float(most)) for most in self._most().tolist()]
        self._sites()
        for zone in range(len(zones.many)):
            self._zone(zone)
        self._demand()
        self._rules()

    def _most(self) -> Ints:
        """[offers of zones]: servers that may yet be bought."""
        left = self.market.room - np.bincount(self.market.site, self.bought, len(self.market.room)).astype(np.int64)
        most = np.zeros(len(self.zones.offers), np.int64)
        np.add.at(most, self.zones.offer_of, left[self.market.site])
        return most

    def _sites(self) -> None:
        """What is bought in a site fits there, and opens it."""
        market, model = self.market, self.model
        by_site: dict[tuple[int, ...], list[int]] = {}
        for offer, members in enumerate(self.zones.offers):
            by_site.setdefault(tuple(sorted({int(market.site[each]) for each in members})), []).append(offer)
        price = [float(market.price[members[0]]) for members in self.zones.offers]
        spent = sum(each * servers for each, servers in zip(price, self.servers, strict=True))
        for sites, offers in by_site.items():
            taken = sum(self.servers[offer] for offer in offers)
            here = list(sites)
            left = int(market.room[here].sum() - self.bought[np.isin(market.site, here)].sum())
            opening = int(market.opening[here].sum()) if not self.bought[np.isin(market.site, here)].any() else 0
            if opening:
                opened = model.add_binary_variable()
                model.add_linear_constraint(taken <= left * opened)
                spent += float(opening) * opened
            else:
                model.add_linear_constraint(taken <= left)
        model.minimize(spent)

    def _zone(self, zone: int) -> None:
        """Instances there: as many of each as go in alone, and no more in sum than there is room."""
        zones, offer = self.zones, int(self.zones.offer[zone])
        if offer < 0 and not self.standing:
            return
        many = self.servers[offer] if offer >= 0 else 1.0
        here: list[tuple[Any, int]] = []
        for workload in self.asked:
            slots = int(zones.slots[zone, workload])
            if slots:
                most = float(min(self.wanted[workload], slots)) if offer < 0 else float(self.wanted[workload])
                amount = self.model.add_variable(lb=0.0, ub=most)
                if offer >= 0:
                    self.model.add_linear_constraint(amount <= float(slots) * many)
                here.append((amount, workload))
                self.on[workload].append((amount, zone))
        for resource in range(zones.room.shape[1]) if here else ():
            taken = [(amount, float(self._takes(zone, workload)[resource])) for amount, workload in here]
            if any(each for _, each in taken):
                left = float(zones.room[zone, resource])
                self.model.add_linear_constraint(sum(each * amount for amount, each in taken if each) <= left * many)

    def _takes(self, zone: int, workload: int) -> NDArray[np.int64]:
        """[resources]: of any mode at least."""
        modes = self.problem.modes_of(workload)
        least: NDArray[np.int64] = self.problem.demand[self.zones.rate[zone], modes.start : modes.stop].min(axis=0)
        return least

    def _demand(self) -> None:
        for workload in self.asked:
            total = sum(amount for amount, _ in self.on[workload])
            if self.problem.weight[workload]:
                if isinstance(total, int):
                    self.model.add_linear_constraint(self.model.add_variable(lb=0.0, ub=0.0) >= 1.0)
                else:
                    self.model.add_linear_constraint(total == float(self.wanted[workload]))

    def _rules(self) -> None:
        for rule in self.problem.rules:
            if isinstance(rule, Children):
                self._children(rule)
            elif isinstance(rule, Spread | Survival) and self.standing and self.zones.apart(rule.level):
                limit = self._limit(rule)
                if limit is not None:
                    self._limited(rule, limit)

    def _children(self, rule: Children) -> None:
        """In every place, and so in all of them: ratio x children are no fewer than masters, when none stand yet."""
        if rule.ratio is None or any(self._fixed(workload) for workload in (*rule.masters, rule.child)):
            return
        masters = [amount for workload in rule.masters for amount, _ in self.on.get(workload, [])]
        children = [amount for amount, _ in self.on.get(rule.child, [])]
        if masters:
            self.model.add_linear_constraint(float(rule.ratio) * sum(children) >= sum(masters))

    def _fixed(self, workload: int) -> int:
        fixed = self.problem.fixed
        return int(fixed.instances[self.problem.owner(fixed.mode) == workload].sum())

    def _limit(self, rule: Spread | Survival) -> int | None:
        """New instances that a domain may hold, when all that is asked for is placed."""
        total = sum(int(self.wanted[workload]) + self._fixed(workload) for workload in rule.workloads)
        if any(not self.problem.weight[workload] for workload in rule.workloads):
            return None
        return rule.limit(total) if isinstance(rule, Spread) else total - kept(total, rule.keep, rule.least)

    def _limited(self, rule: Spread | Survival, limit: int) -> None:
        inside: dict[int, list[Any]] = {}
        for workload in rule.workloads:
            for amount, zone in self.on.get(workload, []):
                inside.setdefault(self.zones.domain(rule.level, zone), []).append(amount)
        for amounts in inside.values():
            self.model.add_linear_constraint(sum(amounts) <= float(limit))

    def proposal(self, values: Any) -> Ints:
        """[offers]: what is proposed for offers that are alike goes to them in turn."""
        counts = np.zeros(len(self.market.nodes), np.int64)
        left = self.market.room - np.bincount(self.market.site, self.bought, len(self.market.room)).astype(np.int64)
        for members, variable in zip(self.zones.offers, self.servers, strict=True):
            wanted = round(values[variable])
            while wanted:
                open_ones = [each for each in members if left[self.market.site[each]] > 0]
                if not open_ones:
                    break
                for each in open_ones[:wanted]:
                    counts[each] += 1
                    left[self.market.site[each]] -= 1
                wanted -= len(open_ones[:wanted])
        return counts
