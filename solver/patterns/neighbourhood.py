"""A few domains laid out anew by CP-SAT: which contents, which teams, and with them which blocks and instances."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from ortools.sat.python import cp_model

from solver.patterns.floor import Floor, Layout
from solver.problem import Ints


class Neighbourhood:
    """Everything outside of `domains` stays: its contents, and the teams that are at home there.

    times: how often each candidate is used everywhere, all of them; without it any candidate may be used.
    """

    def __init__(
        self, floor: Floor, layout: Layout, domains: Iterable[int], times: Mapping[int, int] | None = None
    ) -> None:
        self.floor, self.layout, self.domains = floor, layout, sorted(domains)
        self.cp = cp_model.CpModel()
        inside = set(self.domains)
        self.kept = {place: n for place, n in layout.put.items() if place[1] not in inside}
        self.stay = {team: home for team, home in layout.home.items() if home not in inside}
        self.put: dict[tuple[int, int], Any] = {}
        self._contents(times)
        self._homes()
        self._supply()
        self.worth = cp_model.LinearExpr.sum(
            [block.worth * literal for block, literal in zip(floor.crowd.blocks, self.block, strict=True)]
            + [int(weight) * many for weight, many in zip(floor.items.weight, self.single, strict=True)]
        )
        kept = sum(int(floor.cost[row]) * n for (row, _), n in self.kept.items())
        self.cost = kept + sum(int(floor.cost[row]) * n for (row, _), n in self.put.items())

    def _contents(self, times: Mapping[int, int] | None) -> None:
        floor = self.floor
        by_place, by_candidate = defaultdict(list), defaultdict(list)
        for row, kind in enumerate(floor.kind.tolist()):
            for domain in self.domains if times is None or row in times else ():
                if nodes := floor.nodes.get((kind, domain)):
                    self.put[row, domain] = self.cp.new_int_var(0, len(nodes), "")
                    by_place[kind, domain].append(self.put[row, domain])
                    by_candidate[row].append(self.put[row, domain])
        for place, variables in by_place.items():
            self.cp.add(sum(variables) <= len(floor.nodes[place]))
        for row, wanted in (times or {}).items():
            self.cp.add(sum(by_candidate[row]) == wanted)

    def _homes(self) -> None:
        """A team that does not stay has at most one home, and a block is placed when all of its teams have one."""
        moving = [team for team in range(len(self.floor.crowd.teams)) if team not in self.stay]
        self.home = {(team, domain): self.cp.new_bool_var("") for team in moving for domain in self.domains}
        self.block = [self.cp.new_bool_var("") for _ in self.floor.crowd.blocks]
        for block, literal in zip(self.floor.crowd.blocks, self.block, strict=True):
            for team in block.teams:
                if team in self.stay:
                    self.cp.add(literal == 1)
                else:
                    self.cp.add(sum(self.home[team, domain] for domain in self.domains) == literal)

    def _supply(self) -> None:
        """No more instances than slots: of teams in each domain, of all that is placed everywhere."""
        crowd, kept = self.floor.crowd, _times(self.floor.amount, self.kept)
        self.single = [self.cp.new_int_var(0, int(n), "") for n in crowd.free]
        need = [sum((crowd.teams[team].need for team in block.teams), block.need) for block in crowd.blocks]
        for item in range(len(self.floor.items)):
            supply: dict[int, list[Any]] = defaultdict(list)
            for (row, domain), times in self.put.items():
                if self.floor.amount[row, item]:
                    supply[domain].append(int(self.floor.amount[row, item]) * times)
            demand: dict[int, list[Any]] = defaultdict(list)
            for (team, domain), literal in self.home.items():
                if crowd.teams[team].need[item]:
                    demand[domain].append(int(crowd.teams[team].need[item]) * literal)
            for domain, needs in demand.items():
                self.cp.add(sum(needs) <= sum(supply[domain]))
            taken = sum(int(n[item]) * literal for n, literal in zip(need, self.block, strict=True) if n[item])
            every = sum(sum(here) for here in supply.values())
            self.cp.add(taken + self.single[item] <= every + int(kept[item]))

    def solve(
        self, known: Layout | None, better: bool, effort: float, seconds: float, seed: int
    ) -> tuple[Layout | None, bool]:
        """(the layout of most worth, then of least cost; whether the search was complete).

        It is no worse than the known one, or better. effort: CP-SAT's deterministic time. What is cut short by
        `seconds` instead is not taken.
        """
        dear = self.floor.dear
        score = dear * self.worth - self.cost
        if known is not None:
            self.cp.add(score >= dear * known.worth - known.cost + better)
        self.cp.maximize(score)
        solver = cp_model.CpSolver()
        solver.parameters.num_workers = 1
        solver.parameters.random_seed = seed % (1 << 31)
        solver.parameters.max_deterministic_time = effort
        solver.parameters.max_time_in_seconds = min(max(seconds, 0.01), 3600.0)
        status = solver.solve(self.cp)
        complete = status in (cp_model.OPTIMAL, cp_model.INFEASIBLE)
        done = complete or solver.response_proto.deterministic_time >= effort
        found = status in (cp_model.OPTIMAL, cp_model.FEASIBLE) and done
        return (self._read(solver) if found else None), complete

    def _read(self, solver: cp_model.CpSolver) -> Layout:
        put = {place: solver.value(times) for place, times in self.put.items() if solver.value(times)}
        home = {team: domain for (team, domain), literal in self.home.items() if solver.value(literal)}
        return Layout(
            put=self.kept | put,
            home=self.stay | home,
            placed=frozenset(row for row, literal in enumerate(self.block) if solver.value(literal)),
            singles=np.array([solver.value(many) for many in self.single], np.int64),
            worth=solver.value(self.worth),
            cost=solver.value(self.cost),
        )


def _times(amount: Ints, put: Mapping[tuple[int, int], int]) -> Ints:
    """[items]: slots of all these contents together."""
    total = np.zeros(amount.shape[1], np.int64)
    for (row, _), times in put.items():
        total += amount[row] * times
    return total
