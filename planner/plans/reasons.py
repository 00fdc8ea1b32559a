"""Reasons: one sentence, with numbers that were counted, on why instances were left out."""

from __future__ import annotations

from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from planner.formulate.question import Question
from planner.inventory.snapshot import LEVELS
from solver.constraints import Completeness, Spread
from solver.problem import Ids, Ints, Placement

SITE = LEVELS.index("site")


class Reasons:
    """What each workload could have had: alone on the snapshot, and in the room that the plan leaves."""

    def __init__(self, question: Question, placement: Placement) -> None:
        self.question = question
        self.problem = question.problem
        self.placement = placement

    def of(self, workload: int) -> str:
        """The first of: nowhere to go, no room, not enough room, not enough under its own limits, taken by others."""
        problem = self.problem
        asked = int(problem.count[workload])
        nodes = problem.allowed[workload]
        if not len(nodes):
            return self._nowhere(workload)
        slots = self._slots(workload, problem.capacity)
        sites = len(np.unique(problem.topology.domain[SITE][nodes]))
        where = f"{_many(len(nodes), 'server')} in {_many(sites, 'site')}"
        if not slots.any():
            return f"none of the {where} it may use has room for one instance; {self._scarce(workload)}"
        if slots.sum() < asked:
            return f"the {where} it may use have room for {slots.sum()} of {asked}; {self._scarce(workload)}"
        for rule in problem.rules:
            if isinstance(rule, Spread) and rule.workloads == (workload,):
                room = self._under(rule, nodes, slots, asked)
                if room < asked:
                    limit = f"its limit per {LEVELS[rule.level]}"
                    return f"the {where} it may use have room for {room} of {asked} under {limit}"
        remaining = int(self._slots(workload, self._free).sum())
        alone = f"there is room for {min(int(slots.sum()), 10**6)} alone"
        if remaining >= asked or self._partly(workload):
            return f"{alone}, {remaining} beside this plan, but its rules and those it is bound to leave no way"
        return f"{alone}, but only {remaining} beside what this plan places"

    def _partly(self, workload: int) -> bool:
        """Its partners in an all-or-nothing rule may be what does not fit."""
        return any(
            isinstance(rule, Completeness) and workload in rule.workloads and len(rule.workloads) > 1
            for rule in self.problem.rules
        )

    def _nowhere(self, workload: int) -> str:
        asked = self.question.workloads[workload]
        spec = self.question.applications[asked.application].spec
        where = spec.demand[asked.demand].where if spec.demand else {}
        snapshot = self.question.snapshot
        if not snapshot.matches(where).any():
            wanted = ", ".join(f"{key} {' or '.join(values)}" for key, values in where.items())
            return f"no online server is in {wanted}" if wanted else "no server is online"
        for capability in spec.requires:
            if not len(snapshot.eligible(where, [capability], [])):
                return f"no online server there offers {capability}"
        return "no online server there offers all that is required and nothing that is forbidden"

    def _slots(self, workload: int, free: Ints) -> Ints:
        problem = self.problem
        nodes = problem.allowed[workload]
        total = np.zeros(len(nodes), np.int64)
        for mode in problem.modes_of(workload):
            need = problem.demand[problem.rate[nodes], mode]
            each = np.where(need > 0, free[nodes] // np.maximum(need, 1), 2**40)
            total += np.maximum(each.min(axis=1), 0)
        return total

    def _under(self, rule: Spread, nodes: Ids, slots: Ints, asked: int) -> int:
        domain = self.problem.topology.domain[rule.level][nodes]
        return int(np.minimum(np.bincount(domain, slots).astype(np.int64), rule.limit(asked)).sum())

    def _scarce(self, workload: int) -> str:
        """The resource of which the fewest servers have enough for an instance."""
        problem = self.problem
        nodes = problem.allowed[workload]
        mode = problem.modes_of(workload)[0]
        need = problem.demand[problem.rate[nodes], mode]
        short: NDArray[np.int64] = (problem.capacity[nodes] < need).sum(axis=0)
        column = int(np.argmax(short))
        name = self.question.snapshot.units.columns[column]
        return f"{name} is short on {short[column]} of them" if short[column] else "no resource is short on its own"

    @cached_property
    def _free(self) -> Ints:
        problem, placement = self.problem, self.placement
        free = problem.capacity.copy()
        taken = problem.demand[problem.rate[placement.node], placement.mode] * placement.instances[:, None]
        np.subtract.at(free, placement.node, taken)
        return free


def _many(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
