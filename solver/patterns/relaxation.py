"""The relaxation that is bounded: how often each type of server has which contents, and what is left out.

minimise    sum cost(contents) x times + sum worth x left out                       (worth only in the first term)
subject to  placed(item) + left out(item) >= wanted(item)                           multiplier `item`
            ratio x children + standing + left-out masters >= wanted masters        multiplier `link`
            sum worth x left out <= the worth that may be left out                  multiplier `worth`
            times of a type <= its servers

Every plan is a solution of it: a plan's servers have contents that fit, and rules are only loosened. For any
multipliers >= 0 the Lagrangian value is at most the optimum; it separates into a box per item and a knapsack per
type of server. With multipliers and profits in whole numbers of 1 / scale, and knapsacks solved in integers, no
rounding takes part, whatever the LP solver returned.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from solver.patterns.items import Items
from solver.patterns.pricing import Shelf
from solver.patterns.shelves import shelves
from solver.patterns.types import Types
from solver.problem import Ints, Problem, Then

_LARGEST = 1 << 60


@dataclass(frozen=True, slots=True)
class Multipliers:
    """In units of 1 / scale, none negative. item [items], link [links], worth: of the limit on what is left out."""

    item: Ints
    link: Ints
    worth: int

    @staticmethod
    def none(asked: Items) -> Multipliers:
        return Multipliers(np.zeros(len(asked), np.int64), np.zeros(len(asked.links), np.int64), 0)

    def towards(self, other: Multipliers, sixteenths: int) -> Multipliers:
        a, b = 16 - sixteenths, sixteenths
        return Multipliers(
            (a * self.item + b * other.item) // 16,
            (a * self.link + b * other.link) // 16,
            (a * self.worth + b * other.worth) // 16,
        )


@dataclass(frozen=True, slots=True)
class Relaxation:
    """term: None for the worth left out, else the second term. out: worth that may be left out then.

    spare [items]: how many instances may be left out at most. unit: what an instance is about worth in the
    objective. scale, most: multipliers are whole numbers of 1 / scale, up to `most`, so that nothing overflows.
    """

    items: Items
    types: Types
    shelves: tuple[Shelf, ...]
    term: Then | None
    out: int
    spare: Ints
    unit: int
    scale: int
    most: int

    @property
    def wanted(self) -> Ints:
        """[variants]: instances asked for; no big instance."""
        return np.append(self.items.wanted[self.items.owner], 0)

    def profit(self, shelf: Shelf, at: Multipliers) -> Ints:
        """[variants]: what one more instance on a server of the shelf brings, the big instance's slot last."""
        asked = self.items
        gain = at.item.copy()
        for link, price in zip(asked.links, at.link.tolist(), strict=True):
            gain += link.ratio * price * link.children
        if self.term == "cost":
            gain -= (asked.size * self.types.price[shelf.types[0]]).sum(axis=1) * self.scale
        slot = self.scale if self.term == "largest-slots" else 0
        return np.append(gain[asked.owner], slot)

    def fee(self, shelf: Shelf) -> Ints:
        """[types of the shelf]: what using such a server costs before the contents bring anything."""
        if self.term == "fewest-servers":
            return self.scale * self.types.opens[shelf.types]
        if self.term == "largest-slots":
            return self.scale * self.types.slots[shelf.types]
        return np.zeros(len(shelf.types), np.int64)

    def cost(self, kind: int, contents: Ints) -> float:
        """What one server of the type with these contents adds to the objective."""
        if self.term == "fewest-servers":
            return float(self.types.opens[kind])
        if self.term == "largest-slots":
            return float(self.types.slots[kind] - contents[-1])
        if self.term == "cost":
            return float(self.types.price[kind] @ (self.items.size[self.items.owner].T @ contents[:-1]))
        return 0.0

    def volume(self) -> tuple[int, Multipliers]:
        """Of fewest servers: the bound by each resource alone, the roomiest servers first, and the size in the one
        that bounds most as multipliers. Nothing for other terms."""
        nothing = Multipliers.none(self.items)
        resources = self.types.prices.resources
        if self.term != "fewest-servers" or self.types.demand.shape[0] > 1 or not len(self.types) or not resources:
            return 0, nothing
        least = self._least()
        needed = self._needed(least)
        found = [self._servers_for(int(needed[r]), r) for r in resources]
        best = resources[int(np.argmax(found))]
        size = least[:, best] * (self.items.weight > 0)
        room = max(int(self.types.capacity[:, best].max()), 1)
        return max(found), replace(nothing, item=np.minimum(size * self.scale // room, self.most))

    def waste(self, goal: int) -> Ints:
        """[resources]: what a plan that opens at most so many servers leaves free on all that it uses together."""
        kinds = self.types
        opened = kinds.opens > 0
        every: Ints = kinds.capacity.max(axis=0, initial=0)
        if kinds.demand.shape[0] > 1:
            return every
        room: Ints = (kinds.capacity * kinds.many[:, None])[~opened].sum(axis=0)
        for resource in range(len(room)):
            sizes = np.repeat(kinds.capacity[opened, resource], kinds.many[opened])
            room[resource] += np.sort(sizes)[::-1][:goal].sum()
        waste: Ints = np.clip(room - self._needed(self._least()), 0, every)
        return waste

    def _least(self) -> Ints:
        """[items, resources]: what an instance takes at least."""
        least = np.zeros((len(self.items), self.types.capacity.shape[1]), np.int64)
        for item in range(len(self.items)):
            least[item] = self.types.demand[0, self.items.owner == item].min(axis=0)
        return least

    def _needed(self, least: Ints) -> Ints:
        needed: Ints = (least * (self.items.wanted - self.spare)[:, None]).sum(axis=0)
        return needed

    def _servers_for(self, need: int, resource: int) -> int:
        """Servers opened at least for so much of a resource."""
        kinds, opened = self.types, 0
        for row in np.lexsort((-kinds.capacity[:, resource], kinds.opens)).tolist():
            room, many = int(kinds.capacity[row, resource]), int(kinds.many[row])
            used = min(many, -(-need // room)) if need > 0 and room > 0 else 0
            opened += int(kinds.opens[row]) * used
            need -= room * used
        return opened

    def value(self, at: Multipliers, gains: int) -> int:
        """The Lagrangian value times `scale`. gains: sum of max(0, knapsack - fee) over all servers."""
        asked = self.items
        total = sum(int(a) * int(b) for a, b in zip(at.item, asked.wanted, strict=True)) - gains
        worth = asked.weight * (self.scale if self.term is None else at.worth)
        left = worth - at.item
        for link, price in zip(asked.links, at.link.tolist(), strict=True):
            total += price * (int(link.masters @ asked.wanted) - link.ratio * link.standing)
            left -= price * link.masters
        total += sum(min(0, int(a)) * int(b) for a, b in zip(left, self.spare, strict=True))
        return total - (at.worth * self.out if self.term is not None else 0)


def relaxation(problem: Problem, asked: Items, kinds: Types, term: Then | None, out: int) -> Relaxation | None:
    """Of the first term (None) or the second; None when the numbers are too large for exact 64-bit arithmetic."""
    unit = _unit(asked, kinds, term)
    scale = min(1 << 20, _LARGEST // (64 * unit * _crowd(asked, kinds)))
    if scale < 16:
        return None
    loose = asked.wanted - asked.must
    if term is not None:
        light = np.minimum(loose, out // np.maximum(asked.weight, 1))
        loose = np.where(asked.weight > 0, light, loose)
    return Relaxation(asked, kinds, shelves(problem, asked, kinds), term, out, loose, unit, scale, 64 * unit * scale)


def _unit(asked: Items, kinds: Types, term: Then | None) -> int:
    if term is None:
        return max(int(asked.weight.max(initial=1)), 1)
    if term == "cost":
        most = (kinds.price.max(axis=0, initial=1) * asked.size.max(axis=0, initial=1)).sum()
        return max(int(most), 1)
    return 1


def _crowd(asked: Items, kinds: Types) -> int:
    """No server has more instances than this, slots included."""
    crowd = int(asked.wanted.sum()) + int(kinds.slots.max(initial=0))
    size = np.concatenate([kinds.demand, kinds.slot[:, None]], axis=1).reshape(-1, kinds.capacity.shape[1])
    size = size[size.any(axis=1)]
    for resource in kinds.prices.resources if len(size) else ():
        if not size[:, resource].all():
            continue
        crowd = min(crowd, int(kinds.capacity[:, resource].max(initial=0)) // int(size[:, resource].min()))
    return max(crowd, 1)
