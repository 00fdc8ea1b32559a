"""Shelves: types of servers whose contents one table prices."""

from __future__ import annotations

import numpy as np

from solver.constraints import Spread
from solver.patterns.items import Items
from solver.patterns.pricing import Shelf
from solver.patterns.types import Types
from solver.problem import Ints, Placement, Problem
from solver.standing import Standing


def shelves(problem: Problem, asked: Items, kinds: Types) -> tuple[Shelf, ...]:
    """One shelf for each rate, price and eligibility; the big instance's slot is the last variant."""
    key = np.concatenate([kinds.rate[:, None], kinds.price, kinds.fits], axis=1)
    _, shelf_of = np.unique(key, axis=0, return_inverse=True)
    slotted = problem.then == "largest-slots"
    most = np.append(at_once(problem, asked)[asked.owner], np.iinfo(np.int32).max)
    found = []
    for shelf in range(int(shelf_of.max(initial=-1)) + 1):
        members = np.flatnonzero(shelf_of == shelf).astype(np.int32)
        rate = int(kinds.rate[members[0]])
        slot = kinds.slot[rate]
        usable = np.append(kinds.fits[members[0]][asked.owner], slotted and bool(slot.any()))
        size = np.concatenate([kinds.demand[rate], slot[None]])
        found.append(Shelf(members, kinds.capacity[members], size, most, usable))
    return tuple(found)


def at_once(problem: Problem, asked: Items) -> Ints:
    """[items]: how many instances one server takes at most, by what there is and by spread over servers."""
    standing = Standing(problem, Placement.empty())
    free = problem.count.copy()
    most = np.zeros(len(asked), np.int64)
    for rule in problem.rules:
        if isinstance(rule, Spread) and rule.level == 0 and (rule.most is not None or rule.share):
            total = int(problem.count[list(rule.workloads)].sum()) + standing.fixed(rule.workloads)
            for item in set(asked.item_of[list(rule.workloads)].tolist()) - {-1}:
                members = [w for w in rule.workloads if asked.item_of[w] == item]
                most[item] += min(rule.limit(total), int(free[members].sum()))
                free[members] = 0
    np.add.at(most, asked.item_of[asked.item_of >= 0], free[asked.item_of >= 0])
    return most
