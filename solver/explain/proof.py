"""Proof: CP-SAT with one assumption per fact; what it calls impossible is, and the core says which facts it took.

What is known about CP-SAT 9.15 shapes this: no objective (the core would be every assumption), no hints (or-tools
#4324), one worker; presolve can name a literal that nobody assumed (#5141) and a core can be satisfiable (#2649), so
whoever uses a core checks it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace

import numpy as np
from ortools.sat.python import cp_model

from solver.explain.coarse import View, views
from solver.explain.system import Owed, System
from solver.model import Model
from solver.problem import Ints, Placement, Problem


@dataclass(frozen=True, slots=True)
class Verdict:
    """answer: the facts can all be true, cannot, or nobody knows (None). core: among the facts, those that cannot;
    not checked. placement: one for which they hold, in the numbers of the system."""

    answer: bool | None
    core: frozenset[int] | None = None
    placement: Placement | None = None


class Proof:
    def __init__(self, system: System, seed: int = 0) -> None:
        self.system = system
        self.seed = seed

    def check(self, kept: Collection[int], left: Callable[[], float]) -> Verdict:
        """Within the seconds that are left."""
        verdict = Verdict(None)
        for seen in views(self.system, frozenset(kept)):
            if verdict.answer is None and left() > 0:
                verdict = self._on(seen, kept, left)
        return verdict

    def _on(self, seen: View, kept: Collection[int], left: Callable[[], float]) -> Verdict:
        """On coarse nodes "possible" means nothing: the answer is None then."""
        model, literals = _assumed(self.system, seen, frozenset(kept))
        model.cp.add_assumptions(list(literals.values()))
        solver = cp_model.CpSolver()
        solver.parameters.num_workers = 1
        solver.parameters.random_seed = self.seed
        solver.parameters.max_time_in_seconds = max(left(), 0.01)
        status = solver.solve(model.cp)
        if status == cp_model.INFEASIBLE:
            taken = set(solver.sufficient_assumptions_for_infeasibility())
            core = {name for name, literal in literals.items() if literal.index in taken}
            return Verdict(False, frozenset(core | (set(kept) - literals.keys())))
        if status in (cp_model.OPTIMAL, cp_model.FEASIBLE) and seen.exact:
            return Verdict(True, placement=seen.placement(model.read(solver)))
        return Verdict(None)


def _assumed(system: System, seen: View, kept: frozenset[int]) -> tuple[Model, dict[int, cp_model.IntVar]]:
    """The model of what always holds, with every kept fact under a literal of its own. Where things may not go is in
    the variables: there is none."""
    problem = seen.problem
    model = Model(replace(problem, capacity=np.maximum(problem.capacity, _plenty(problem))))
    literals: dict[int, cp_model.IntVar] = {}
    for name in sorted(kept):
        fact = system.facts[name]
        if isinstance(fact, Owed):
            literals[name] = model.cp.new_bool_var(f"fact{name}")
            with model.because(literals[name]):
                model.require(model.new(fact.workloads) >= fact.least)
        elif name in seen.rules:
            literals[name] = model.cp.new_bool_var(f"fact{name}")
            with model.because(literals[name]):
                seen.rules[name].post(model)
        elif name in seen.rooms:
            literals[name] = model.cp.new_bool_var(f"fact{name}")
            with model.because(literals[name]):
                _room(model, seen.rooms[name], problem.capacity)
    named = {node for nodes in seen.rooms.values() for node in nodes}
    _room(model, [node for node in model.occupied() if node not in named], problem.capacity)
    for workload, count in enumerate(problem.count.tolist()):
        model.require(model.new([workload]) <= count)
    return model, literals


def _plenty(problem: Problem) -> Ints:
    """[resources]: so much that no variable of the model is limited by room."""
    owner = problem.owner(np.arange(problem.demand.shape[1], dtype=np.int32))
    most: Ints = (problem.demand * problem.count[owner][:, None]).max(axis=(0, 1), initial=0)
    return most


def _room(model: Model, nodes: list[int], capacity: Ints) -> None:
    used = set(model.occupied())
    for node in nodes:
        if node in used:
            for resource, free in enumerate(capacity[node].tolist()):
                model.require(model.usage(node, resource) <= free)
