"""The rules once more, in plain Python, from the words of the design: an oracle that shares no code with the families.

It reads the fields of `Problem` and of the rules, and nothing else of the solver: slow, obvious, for tests only.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from fractions import Fraction
from itertools import combinations, product
from math import ceil

from solver.constraints import Apart, Children, Completeness, Quota, Rule, Spread, Survival, Together
from solver.problem import Placement, Problem

Stand = list[tuple[int, int, int]]  # workload, node, instances


def accepts(problem: Problem, placement: Placement) -> bool:
    """Is the placement a plan?"""
    new, fixed = _stand(problem, placement), _stand(problem, problem.fixed)
    return (
        _has_room(problem, placement)
        and all(node in problem.allowed[workload].tolist() for workload, node, _ in new)
        and all(
            problem.must[workload] <= _sum(new, [workload]) <= problem.count[workload]
            for workload in range(problem.workloads)
        )
        and all(_holds(rule, problem, new, fixed) for rule in problem.rules)
    )


def placements(problem: Problem) -> Iterator[Placement]:
    """Every placement of at most `count` instances of each workload on its allowed nodes."""
    yield from (
        Placement.of([row for rows in choice for row in rows])
        for choice in product(*(list(_ways(problem, workload)) for workload in range(problem.workloads)))
    )


def score(problem: Problem, placement: Placement) -> tuple[int, ...]:
    """The objective, term by term: instances left out by their worth, then what `then` names."""
    placed = _stand(problem, placement)
    left_out = sum(
        int(problem.weight[workload]) * (int(problem.count[workload]) - _sum(placed, [workload]))
        for workload in range(problem.workloads)
    )
    if problem.then is None:
        return (left_out,)
    if problem.then == "cost":
        cost = sum(
            int(price) * int(size) * n
            for workload, node, n in placed
            for price, size in zip(problem.price[node], problem.size[workload], strict=True)
        )
        return (left_out, cost)
    if problem.then == "fewest-servers":
        return (left_out, len({node for _, node, _ in placed if not problem.busy[node]}))
    rooms = zip(_room(problem, Placement.empty()), _room(problem, placement), range(problem.nodes), strict=True)
    return (
        left_out,
        sum(_slots(problem, node, before) - _slots(problem, node, after) for before, after, node in rooms),
    )


def _holds(rule: Rule, problem: Problem, new: Stand, fixed: Stand) -> bool:
    """Rules speak when a plan touches them: the whole rule (spread, together, completeness) or one domain of it."""
    if not _sum(new, rule.subjects):
        return True
    if isinstance(rule, Completeness):  # "all or nothing; else a minimum"
        return _sum(new + fixed, rule.workloads) >= rule.minimum
    assert isinstance(rule, Spread | Survival | Together | Apart | Children | Quota)

    def per_domain(stand: Stand, *workloads: int) -> Counter[int]:
        domain = problem.topology.domain[rule.level].tolist()
        rows = [(domain[node], n) for workload, node, n in stand if workload in workloads and n]
        return Counter(here for here, n in rows for _ in range(n))

    added = per_domain(new, *rule.subjects)
    if isinstance(rule, Spread):  # "limits per failure domain"
        count = per_domain(new + fixed, *rule.workloads)
        return (
            (rule.most is None or max(count[here] for here in added) <= rule.most)
            and (
                rule.share is None
                or Fraction(max(count[here] for here in added), count.total()) <= Fraction(*rule.share)
            )
            and (rule.least is None or len(count) >= rule.least)
        )
    if isinstance(rule, Survival):  # "what remains after losing any k domains still meets keep"
        held = per_domain(new + fixed, *rule.workloads)
        losses = combinations(held, min(rule.count, len(held)))
        remain = min(held.total() - sum(held[domain] for domain in loss) for loss in losses)
        part, of = rule.keep or (0, 1)
        return remain * of >= held.total() * part and remain >= (rule.least or 0)
    if isinstance(rule, Together):  # "all instances in one rack, site ..."
        return len(per_domain(new + fixed, *rule.workloads)) == 1
    if isinstance(rule, Apart):  # "apart from other applications at a level"
        holds = [set(per_domain(new + fixed, *part)) for part in rule.parts]
        return all(sum(here in part for part in holds) == 1 for here in added)
    if isinstance(rule, Quota):  # "instancesPerSite"
        count = per_domain(new + fixed, rule.workload)
        return all(count[here] == rule.each for here in added)
    masters = per_domain(new + fixed, *rule.masters)  # "one child per n master instances of the site, rounded up"
    children = per_domain(new + fixed, rule.child)
    if rule.ratio is not None:
        return all(children[here] == ceil(Fraction(masters[here], rule.ratio)) for here in added)
    return all(children[here] == (rule.each if masters[here] else 0) for here in added)


def _stand(problem: Problem, placement: Placement) -> Stand:
    owner = [workload for workload in range(problem.workloads) for _ in problem.modes_of(workload)]
    return [(owner[mode], node, n) for mode, node, n in _rows(placement)]


def _rows(placement: Placement) -> list[tuple[int, int, int]]:
    columns = placement.mode.tolist(), placement.node.tolist(), placement.instances.tolist()
    return list(zip(*columns, strict=True))


def _sum(stand: Stand, workloads: list[int] | tuple[int, ...]) -> int:
    return sum(n for workload, _, n in stand if workload in workloads)


def _room(problem: Problem, placement: Placement) -> list[list[int]]:
    room: list[list[int]] = problem.capacity.tolist()
    for mode, node, n in _rows(placement):
        for resource, each in enumerate(problem.demand[problem.rate[node], mode].tolist()):
            room[node][resource] -= each * n
    return room


def _has_room(problem: Problem, placement: Placement) -> bool:
    return all(free >= 0 for row in _room(problem, placement) for free in row)


def _slots(problem: Problem, node: int, room: list[int]) -> int:
    slot = problem.slot[problem.rate[node]].tolist()
    return min((free // each for free, each in zip(room, slot, strict=True) if each), default=0)


def _ways(problem: Problem, workload: int) -> Iterator[list[tuple[int, int, int]]]:
    """Every way to put at most `count` instances of one workload somewhere."""
    seats = list(product(problem.modes_of(workload), problem.allowed[workload].tolist()))
    for amounts in product(range(int(problem.count[workload]) + 1), repeat=len(seats)):
        if sum(amounts) <= problem.count[workload]:
            yield [(mode, node, n) for (mode, node), n in zip(seats, amounts, strict=True) if n]
