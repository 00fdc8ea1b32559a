"""Proof: CP-SAT with one assumption per fact; what it calls impossible is, and the core says which facts it took.

What is known about CP-SAT 9.15 shapes this: no objective (the core would be every assumption), no hints (or-tools
#4324), one worker; presolve can name a literal that nobody assumed (#5141) and a core can be satisfiable (#2649), so
whoever uses a core checks it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace

import numpy as np
from ortools.sat.python import cp_model

from solver.explain.coarse import View, views
from solver.explain.system import Fact, Owed, System
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

    def check(self, kept: Collection[int], left: Callable[[], float], core: bool = False) -> Verdict:
        """Within the seconds that are left. Without a `core` the facts are no assumptions but simply hold, which lets
        CP-SAT conclude much faster."""
        verdict = Verdict(None)
        for seen in views(self.system, frozenset(kept)):
            if verdict.answer is None and left() > 0:
                verdict = self._on(seen, frozenset(kept), left, core)
        return verdict

    def _on(self, seen: View, kept: frozenset[int], left: Callable[[], float], core: bool) -> Verdict:
        """On coarse nodes "possible" means nothing: the answer is None then."""
        model, literals = posted(self.system, seen, kept, core)
        model.cp.add_assumptions(list(literals.values()))
        solver = cp_model.CpSolver()
        solver.parameters.num_workers = 1
        solver.parameters.random_seed = self.seed
        solver.parameters.max_time_in_seconds = max(left(), 0.01)
        status = solver.solve(model.cp)
        if status == cp_model.INFEASIBLE:
            taken = set(solver.sufficient_assumptions_for_infeasibility()) if core else set()
            named = {name for name, literal in literals.items() if literal.index in taken}
            return Verdict(False, frozenset(named | (kept - literals.keys())))
        if status in (cp_model.OPTIMAL, cp_model.FEASIBLE) and seen.exact:
            return Verdict(True, placement=seen.placement(model.read(solver)))
        return Verdict(None)


def posted(system: System, seen: View, kept: frozenset[int], core: bool) -> tuple[Model, dict[int, cp_model.IntVar]]:
    """The model of what always holds and of the kept facts; with `core`, each of these under a literal of its own.
    Where things may not go is in the variables: there is none."""
    problem = seen.problem
    wide = replace(problem, capacity=np.maximum(problem.capacity, _plenty(problem)))
    model = Model(wide if core else problem)
    literals: dict[int, cp_model.IntVar] = {}
    for name in sorted(kept):
        fact = system.facts[name]
        if isinstance(fact, Owed) or name in seen.rules or name in seen.rooms:
            with _under(model, name, literals) if core else nullcontext():
                _post(model, seen, name, fact)
    named = {node for nodes in seen.rooms.values() for node in nodes}
    _room(model, [node for node in model.occupied() if node not in named], problem.capacity)
    for workload, count in enumerate(problem.count.tolist()):
        model.require(model.new([workload]) <= count)
    return model, literals


def _under(model: Model, name: int, literals: dict[int, cp_model.IntVar]) -> AbstractContextManager[None]:
    literals[name] = model.cp.new_bool_var(f"fact{name}")
    return model.because(literals[name])


def _post(model: Model, seen: View, name: int, fact: Fact) -> None:
    if isinstance(fact, Owed):
        model.require(model.new(fact.workloads) >= fact.least)
    elif name in seen.rules:
        seen.rules[name].post(model)
    else:
        _room(model, seen.rooms[name], seen.problem.capacity)


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
