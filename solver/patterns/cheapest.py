"""The least cost of so many instances: cheapest domain first, within nested limits, children paid along."""

from __future__ import annotations

import math

import numpy as np

from solver.constraints import Children
from solver.patterns import kernels
from solver.patterns.reach import Reach
from solver.problem import Ids, Ints, Problem

_UNUSED = np.iinfo(np.int64).max
_LARGEST = 2**61


def cheapest(problem: Problem, reach: Reach, need: int, along: list[tuple[Children, Reach]]) -> int | None:
    """No plan that places `need` instances of the workload, and the children along, costs less.

    Within nested limits cheapest-first is optimal (a laminar matroid). A domain's price is its least one. A child
    costs its share of the master that brings it: ceil(m / ratio) >= m / ratio. None when integers would overflow.
    """
    if need <= 0 or not len(reach.nodes):
        return 0
    levels = {limit.level for limit in reach.limits} | {rule.level for rule, _ in along}
    unit, price = _priced(problem, reach, min(levels, default=len(problem.topology.sizes) - 1))
    scale = math.lcm(*(rule.ratio or 1024 for rule, _ in along))
    if scale > 10**6 or int(price.min()) < 0 or int(price[price < _UNUSED].max()) * scale * need > _LARGEST:
        return None
    each = np.where(price < _UNUSED, price, 0) * scale
    for rule, child in along:
        each += _brought(problem, reach, rule, child, unit, scale, need)
    amount, above, room = _nested(reach, unit, need)
    taken, _ = kernels.fill(np.argsort(each, kind="stable"), amount, above, room, need)
    return -(-int(taken @ each) // scale)


def _priced(problem: Problem, reach: Reach, finest: int) -> tuple[int, Ints]:
    """The coarsest level up to `finest` in whose domains an instance costs the same everywhere, else level 1 with
    the least costs."""
    topology, cost = problem.topology, problem.cost(reach.workload)
    for level in range(finest, -1, -1):
        last = level <= 1
        least, alike = kernels.lowest(cost, reach.nodes, topology.domain[level], topology.sizes[level], not last)
        if alike or last:
            break
    return level, least


def _brought(
    problem: Problem, reach: Reach, rule: Children, child: Reach, unit: int, scale: int, need: int
) -> Ints | int:
    """[units]: what a master there pays at least for its child, times `scale`."""
    topology = problem.topology
    parent = reach.above(unit, rule.level)
    if not len(parent):
        return 0
    domain = topology.domain[rule.level]
    price, _ = kernels.lowest(problem.cost(rule.child), child.nodes, domain, topology.sizes[rule.level], False)
    for workloads in (rule.masters, (rule.child,)):  # what stands there may serve the new ones too
        price[reach.standing.per_domain(workloads, rule.level)[0]] = 0
    price[price == _UNUSED] = 0
    price = np.minimum(price, _LARGEST // (4 * scale * need * max(rule.each or 0, 1)))
    if rule.ratio is not None:
        each = price * (scale // rule.ratio)
    else:
        each = price * (rule.each or 0) * scale // np.clip(reach.at(rule.level), 1, need)
    return np.where(parent >= 0, each[parent], 0)


def _nested(reach: Reach, unit: int, need: int) -> tuple[Ints, Ids, Ints]:
    """What the units hold, and the nested limits above them: (amount, domain [levels, units], room [levels, domains]).

    Limits whose level does not nest with those below are left out. Room is that of the largest total.
    """
    sizes = reach.problem.topology.sizes
    amount, here = reach.sums(unit), unit
    above, room = [np.zeros(sizes[unit], np.int32)], [np.full(1, need)]
    for limit in reach.limits:
        parent = reach.above(unit, limit.level)
        if not len(parent) or not len(reach.above(here, limit.level)):
            continue
        here = limit.level
        domain = np.maximum(parent, 0)
        rooms = limit.room(reach.wanted, sizes[here])
        sums = np.zeros(sizes[here], np.int64)
        np.add.at(sums, domain, amount)
        if limit.single:
            rooms[sums < need] = 0
        if limit.exact:
            rooms[sums < rooms] = 0
        above.append(domain)
        room.append(rooms)
    table = np.zeros((len(room), max(map(len, room))), np.int64)
    for row, rooms in zip(table, room, strict=True):
        row[: len(rooms)] = rooms
    return amount, np.array(above), table
