"""A smallest set of facts that cannot all be true: found by bounds in closed form, held against placements, and proven.

Two engines check each other. Bounds (`solver/patterns/reach.py`) say "impossible" in milliseconds and are silent
otherwise; a placement that breaks none of some facts says "possible", whoever found it. CP-SAT with an assumption per
fact (`proof.py`) says both, and has the last word.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from solver.construct import construct
from solver.explain.proof import Proof
from solver.explain.system import Barred, Owed, Room, System, is_rule
from solver.patterns.outlook import Outlook
from solver.patterns.reach import Reach
from solver.problem import Placement

Engine = Literal["bounds", "proof"]
Names = frozenset[int]


@dataclass(frozen=True, slots=True)
class Conflict:
    """facts: positions in the system. proven: they cannot all be true. minimal: without any one of them the others
    can; only said when it is known. engine: who says that they cannot."""

    facts: tuple[int, ...]
    proven: bool
    minimal: bool
    engine: Engine


@dataclass(eq=False)
class Search:
    """order: in which facts are tried to do without, the least telling first; those of a group are tried at once.

    witnesses: placements that are known; `left` says how many seconds there are.
    """

    system: System
    order: Sequence[Sequence[int]]
    left: Callable[[], float]
    witnesses: list[Names] = field(default_factory=list)
    _proof: Proof | None = None

    def __post_init__(self) -> None:
        self.witness(Placement.empty(), ())

    def impossible(self, kept: Collection[int]) -> bool:
        """By bounds alone: some workload has no room for what is owed, whatever the others do."""
        problem = self.system.under(kept)
        outlook = Outlook(problem)
        for name in kept:
            fact = self.system.facts[name]
            if isinstance(fact, Owed):
                most = sum(Reach(outlook, workload).total for workload in fact.workloads)
                if most < fact.least:
                    return True
        return False

    def possible(self, kept: Collection[int]) -> bool:
        """A placement is known, or found at once, for which all these facts hold."""
        return self.known(kept) or self.witness(construct(self.system.only_owed(kept)), kept)

    def known(self, kept: Collection[int]) -> bool:
        """One of the placements so far breaks none of these facts."""
        return any(broken.isdisjoint(kept) for broken in self.witnesses)

    def witness(self, placement: Placement, kept: Collection[int]) -> bool:
        """Keep a placement in mind; does it break none of these facts?"""
        broken = self.system.broken(placement)
        if not broken.isdisjoint(kept):
            return False
        self.witnesses.append(broken)
        return True

    @property
    def proof(self) -> Proof:
        if self._proof is None:
            self._proof = Proof(self.system)
        return self._proof

    def settled(self, kept: Collection[int]) -> bool | None:
        """Can these facts all be true? None: not known in the time that is left."""
        if self.impossible(kept):
            return False
        if self.possible(kept):
            return True
        verdict = self.proof.check(kept, self.left)
        if verdict.answer is True and verdict.placement is not None:
            self.witness(verdict.placement, kept)
        return verdict.answer

    def shrunk(self, start: Iterable[int], impossible: Callable[[Names], bool]) -> Names:
        """What is left when facts are left out one after the other, as long as it stays impossible."""
        kept = frozenset(start)
        for group in self.order:
            trial = kept - frozenset(group)
            if trial != kept and impossible(trial):
                kept = trial
        for name in [name for group in self.order if len(group) > 1 for name in group]:
            if name in kept and not self._needed(name, kept) and impossible(kept - {name}):
                kept -= {name}
        return kept

    def _needed(self, name: int, kept: Names) -> bool:
        """A room without which it is surely possible: there are no rules, and all that is owed may go there."""
        facts = [self.system.facts[each] for each in kept]
        if not isinstance(room := self.system.facts[name], Room) or any(is_rule(fact) for fact in facts):
            return False
        allowed = self.system.allowed(kept)
        owed = [w for fact in facts if isinstance(fact, Owed) for w in fact.workloads]
        return all(np.isin(room.nodes, allowed[w]).any() for w in owed)


def conflict(search: Search) -> Conflict | None:
    """By bounds; when they are silent, by proof. None: there is a plan, or (`search.left`) it is not known."""
    return quick(search) or thorough(search)


def quick(search: Search) -> Conflict | None:
    """By bounds alone, in milliseconds; None when they are silent. It is minimal when placements show that it is."""
    everything = search.system.everything
    if not search.impossible(everything):
        return None
    kept = search.shrunk(_about_one(search, everything), search.impossible)
    return Conflict(_sorted(kept), True, False, "bounds")


def checked(search: Search, found: Conflict) -> Conflict | None:
    """The same conflict, or a smaller one, with the word of the proof on it and on each fact in it; None when the proof
    finds that there is none, for it has the last word."""
    verdict = search.proof.check(found.facts, search.left)
    if verdict.placement is not None:
        search.witness(verdict.placement, found.facts)
        return None
    kept = frozenset(found.facts)
    proven: Engine = "proof" if verdict.answer is False else found.engine
    minimal = True
    for name in [name for group in search.order for name in group]:
        if name in kept and len(kept) > 1:
            answer = search.settled(kept - {name})
            if answer is False:
                kept -= {name}
            minimal &= answer is not None
    return Conflict(_sorted(kept), True, minimal, proven)


def thorough(search: Search) -> Conflict | None:
    """By the core of CP-SAT's assumptions, then by leaving facts out, each step checked."""
    everything = search.system.everything
    if search.possible(everything):
        return None
    verdict = search.proof.check(everything, search.left, core=True)
    if verdict.placement is not None:
        search.witness(verdict.placement, everything)
    if verdict.answer is not False:
        return None
    kept = everything
    if verdict.core is not None and search.proof.check(verdict.core, search.left).answer is False:
        kept = frozenset(verdict.core)  # a core may be wrong (or-tools #2649): it counts once it is checked
    return checked(search, Conflict(_sorted(kept), True, False, "proof"))


def _about_one(search: Search, kept: Names) -> Names:
    """Without all other demand, when one alone is too much; the first in order of the facts."""
    owed = [name for name in sorted(kept) if isinstance(search.system.facts[name], Owed)]
    for name in owed:
        alone = kept - frozenset(owed) | {name}
        if search.impossible(alone):
            return alone
    return kept


def order(system: System) -> list[list[int]]:
    """Rooms that nothing owed can use, at first and at once; then rules, where things may go, what is owed, and the
    other rooms."""
    allowed = system.allowed(system.everything)
    owed = {w for name in system.of_kind(Owed) for w in system.owed(name).workloads}
    usable = np.zeros(system.problem.nodes, np.bool_)
    for nodes in {id(allowed[w]): allowed[w] for w in owed}.values():
        usable[nodes] = True
    rooms = system.of_kind(Room)
    away = [name for name in rooms if not usable[system.nodes(name)].any()]
    rules = [n for n in range(len(system.facts)) if n not in {*rooms, *system.of_kind((Owed, Barred))}]
    inside = [name for name in rooms if name not in set(away)]
    last = [*system.of_kind(Barred), *system.of_kind(Owed)]
    return [group for group in (away, inside) if group] + [[name] for name in (*rules, *last)]


def _sorted(names: Collection[int]) -> tuple[int, ...]:
    return tuple(sorted(names))
