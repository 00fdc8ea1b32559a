"""The rules once more, in plain Python, from the words of the design: an oracle that shares no code with the families.

It reads the fields of `Problem` and of the rules, and nothing else of the solver: slow, obvious, for tests only.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from fractions import Fraction
from itertools import combinations, product
from math import ceil

from solver.constraints import (
    Apart,
    Children,
    Completeness,
    Moves,
    Quota,
    Rule,
    Soft,
    Spread,
    Standby,
    Survival,
    Together,
)
from solver.problem import Placement, Problem
from solver.restarts import Restarts

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
        and all(_holds(rule, problem, placement, new, fixed) for rule in problem.rules)
        and _every_loss(problem, placement, new, fixed)
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
    soft = [rule for rule in problem.rules if isinstance(rule, Soft)]
    stand = placed + _stand(problem, problem.fixed)
    broken = [sum(rule.weight * _breach(rule.rule, problem, stand) for rule in soft)] if soft else []
    moves = [sum(int(problem.move_cost[_owner(problem)[mode]]) * n for mode, n in _away(problem, placement))]
    moves = moves if len(problem.home) else []
    then = _then(problem, placement, placed)
    return (left_out, *broken, *(moves + then if problem.then in (None, "cost") else then + moves))


def _then(problem: Problem, placement: Placement, placed: Stand) -> list[int]:
    if problem.then is None:
        return []
    if problem.then == "cost":
        return [
            sum(
                int(price) * int(size) * n
                for workload, node, n in placed
                for price, size in zip(problem.price[node], problem.size[workload], strict=True)
            )
        ]
    if problem.then == "fewest-servers":
        return [len({node for _, node, _ in placed if not problem.busy[node]})]
    rooms = zip(
        _room(problem, Placement.empty()), _without_aside(problem, placement), range(problem.nodes), strict=True
    )
    return [sum(_slots(problem, node, before) - _slots(problem, node, rest) for before, rest, node in rooms)]


def _away(problem: Problem, placement: Placement) -> list[tuple[int, int]]:
    """(mode, instances) that left a node where they ran."""
    now = {(mode, node): n for mode, node, n in _rows(placement)}
    return [(mode, max(n - now.get((mode, node), 0), 0)) for mode, node, n in _rows(problem.home)]


def _breach(rule: Rule, problem: Problem, stand: Stand) -> int:
    """How badly the rule is broken: instances over the limit and domains that lack, instances outside of the fullest
    domain, instances that share a domain with a larger part."""
    assert isinstance(rule, Spread | Together | Apart)
    domain = problem.topology.domain[rule.level].tolist()

    def count(workloads: tuple[int, ...]) -> Counter[int]:
        return Counter(domain[node] for workload, node, n in stand if workload in workloads for _ in range(n))

    held = count(rule.subjects)
    if isinstance(rule, Spread):
        limits = [held.total() if rule.most is None else rule.most]
        limits += [int(Fraction(*rule.share) * held.total())] if rule.share else []
        lack = max((rule.least or 0) - len(held), 0) if held else 0
        return lack + sum(max(n - min(limits), 0) for n in held.values())
    if isinstance(rule, Together):
        return held.total() - max(held.values(), default=0)
    parts = [count(part) for part in rule.parts]
    return sum(n - max(part[here] for part in parts) for here, n in held.items())


def _holds(rule: Rule, problem: Problem, placement: Placement, new: Stand, fixed: Stand) -> bool:
    """Rules speak when a plan touches them: the whole rule (spread, together, completeness) or one domain of it."""
    if isinstance(rule, Moves):
        return sum(n for _, n in _away(problem, placement)) <= rule.most
    if isinstance(rule, Soft) or not _sum(new, rule.subjects):
        return True
    if isinstance(rule, Completeness):  # "all or nothing; else a minimum"
        if _sum(new, rule.workloads) <= _sum(_stand(problem, problem.home), rule.workloads):
            return True
        return _sum(new + fixed, rule.workloads) >= rule.minimum
    if isinstance(rule, Standby):  # every single loss is played in `_every_loss`
        return True
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


def _every_loss(problem: Problem, placement: Placement, new: Stand, fixed: Stand) -> bool:
    """Play the loss of every single domain: what restarts was lost, has a place and room, and enough runs again."""
    return all(
        _after_loss(problem, placement, new, fixed, level, lost)
        for level, size in enumerate(problem.topology.sizes)
        for lost in range(size)
    )


def _after_loss(problem: Problem, placement: Placement, new: Stand, fixed: Stand, level: int, lost: int) -> bool:
    where = problem.topology.domain[level].tolist()
    rows = [row for row in placement.restarts.rows() if row[2:4] == (level, lost)]
    owner = [workload for workload in range(problem.workloads) for _ in problem.modes_of(workload)]
    again: Stand = [(owner[mode], node, n) for mode, node, _, _, n in rows]
    old: Stand = [
        (owner[mode], node, n)
        for mode, node, at, domain, n in problem.fixed.restarts.rows()
        if (at, domain) == (level, lost)
    ]
    gone = [row for row in new + fixed if where[row[1]] == lost]
    for workload, node, _ in again:
        promised = any(
            isinstance(rule, Standby) and rule.level == level and workload in rule.workloads for rule in problem.rules
        )
        if not promised or where[node] == lost or node not in problem.allowed[workload].tolist():
            return False
        if _sum(again + old, [workload]) > _sum(gone, [workload]):
            return False
    reserved = {node: amount for node, loss, amount in _reserved(problem) if loss == (level, lost)}
    largest = _largest(problem)  # room of standing restarts, which capacity does not have
    room = _room(problem, placement)
    for node in {row[1] for row in rows}:
        free = [a + b for a, b in zip(room[node], largest[node], strict=True)]
        for resource, taken in enumerate(reserved.get(node, [])):
            free[resource] -= taken
        for mode, here, _, _, n in rows:
            if here == node:
                each = problem.demand[problem.rate[node], mode].tolist()
                free = [left - n * one for left, one in zip(free, each, strict=True)]
        if min(free) < 0:
            return False
    for rule in problem.rules:
        if isinstance(rule, Standby) and rule.level == level and _sum(new, rule.workloads):
            total, out = _sum(new + fixed, rule.workloads), _sum(gone, rule.workloads)
            runs = total - out + _sum(again + old, rule.workloads)
            part, of = rule.keep or (0, 1)
            if out and (runs * of < total * part or runs < (rule.least or 0)):
                return False
        if isinstance(rule, Apart) and not _apart_after(rule, problem, new, fixed, again, old):
            return False
    return True


def _reserved(problem: Problem) -> list[tuple[int, tuple[int, int], list[int]]]:
    rows = problem.reserved
    losses = zip(rows.level.tolist(), rows.domain.tolist(), strict=True)
    return list(zip(rows.node.tolist(), losses, rows.amount.tolist(), strict=True))


def _largest(problem: Problem) -> list[list[int]]:
    largest = [[0] * problem.capacity.shape[1] for _ in range(problem.nodes)]
    for node, _, amount in _reserved(problem):
        largest[node] = [max(pair) for pair in zip(largest[node], amount, strict=True)]
    return largest


def _without_aside(problem: Problem, placement: Placement) -> list[list[int]]:
    """Room that instances leave, less what restarts need beyond what stands aside: the worst loss, not the sum."""
    losses = {(node, loss): amount for node, loss, amount in _reserved(problem)}
    for mode, node, level, domain, n in placement.restarts.rows():
        before = losses.get((node, (level, domain)), [0] * problem.capacity.shape[1])
        each = problem.demand[problem.rate[node], mode].tolist()
        losses[node, (level, domain)] = [had + n * one for had, one in zip(before, each, strict=True)]
    room, aside = _room(problem, placement), _largest(problem)
    for (node, _), amount in losses.items():
        for resource, taken in enumerate(amount):
            room[node][resource] -= max(taken - aside[node][resource], 0)
            aside[node][resource] = max(taken, aside[node][resource])
    return room


def survivable(problem: Problem, placement: Placement) -> bool:
    """Is there any way to restart what every single loss needs? Each loss alone: they never come together."""
    new, fixed = _stand(problem, placement), _stand(problem, problem.fixed)
    for level in {rule.level for rule in problem.rules if isinstance(rule, Standby)}:
        for lost in range(problem.topology.sizes[level]):
            ways = _restarts(problem, new + fixed, level, lost)
            if not any(_after_loss(problem, placement.along_with(way), new, fixed, level, lost) for way in ways):
                return False
    return True


def _restarts(problem: Problem, stand: Stand, level: int, lost: int) -> Iterator[Restarts]:
    where = problem.topology.domain[level].tolist()
    per_workload = []
    for workload in range(problem.workloads):
        gone = sum(n for each, node, n in stand if each == workload and where[node] == lost)
        seats = list(product(problem.modes_of(workload), problem.allowed[workload].tolist())) if gone else []
        amounts = [each for each in product(range(gone + 1), repeat=len(seats)) if sum(each) <= gone]
        per_workload.append(
            [[(*seat, level, lost, n) for seat, n in zip(seats, each, strict=True)] for each in amounts]
        )
    for choice in product(*per_workload):
        yield Restarts.of([row for rows in choice for row in rows])


def _apart_after(rule: Apart, problem: Problem, new: Stand, fixed: Stand, again: Stand, old: Stand) -> bool:
    """Restarts keep away from what runs of the other parts, lost or not, and from what else restarts."""
    where = problem.topology.domain[rule.level].tolist()
    touched = {where[node] for workload, node, _ in new + again if workload in rule.subjects}
    for here in touched:
        holders = {
            part
            for part in rule.parts
            for workload, node, _ in new + fixed + again + old
            if workload in part and where[node] == here
        }
        if len(holders) > 1:
            return False
    return True


def _stand(problem: Problem, placement: Placement) -> Stand:
    owner = _owner(problem)
    return [(owner[mode], node, n) for mode, node, n in _rows(placement)]


def _owner(problem: Problem) -> list[int]:
    return [workload for workload in range(problem.workloads) for _ in problem.modes_of(workload)]


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
