"""Standby beside the facts of a system: the whole model says what restarts allow, where the problem is small."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from solver.constraints import Standby
from solver.exact import exact, small
from solver.explain.conflict import Search
from solver.explain.system import Owed, spare
from solver.standing import Standing

WORK = 5.0
"""CP-SAT's deterministic time for one set of facts."""


@dataclass(frozen=True, slots=True)
class Beside:
    """Facts of the system and standby rules, by position, that cannot all be true. minimal: proven that without any
    one of them the others can."""

    facts: tuple[int, ...]
    rules: tuple[int, ...]
    minimal: bool


def beside(search: Search, rules: Sequence[Standby]) -> Beside | None:
    """By leaving out one after the other; None: there is a plan, or nobody knows."""
    kept, standing = frozenset(search.system.everything), frozenset(range(len(rules)))
    if _settled(search, kept, [rules[row] for row in standing]) is not False:
        return None
    needed = True
    for row in range(len(rules)):
        answer = _settled(search, kept, [rules[other] for other in standing - {row}])
        if answer is False:
            standing -= {row}
    held = [rules[row] for row in sorted(standing)]
    for group in search.order:
        if len(group) > 1 and _settled(search, kept - frozenset(group), held) is False:
            kept -= frozenset(group)
    for name in [name for group in search.order for name in group if name in kept]:
        answer = _settled(search, kept - {name}, held)
        kept = kept - {name} if answer is False else kept
        needed &= answer is not None
    needed &= all(_settled(search, kept, [rules[other] for other in standing - {row}]) for row in standing)
    return Beside(tuple(sorted(kept)), tuple(sorted(standing)), needed)


def _settled(search: Search, kept: Collection[int], rules: Sequence[Standby]) -> bool | None:
    """Can these facts and rules all be true? None: not known."""
    system = search.system
    problem = system.only_owed(kept)
    problem = replace(problem, rules=(*problem.rules, *rules), then=None)
    if not small(problem) or search.left() <= 0:
        return None
    owed = [fact for name in kept if isinstance(fact := system.facts[name], Owed)]
    found = exact(problem, search.left, 0, WORK)
    if found.placement is not None:
        standing = Standing(problem, found.placement)
        if all(standing.placed(each.workloads) >= each.least for each in owed):
            return True
    return False if found.bounds and found.bounds[0] > spare(problem, owed) else None
