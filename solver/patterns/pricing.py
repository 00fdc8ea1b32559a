"""Pricing: the most profitable contents of every type of server, exactly and in integers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, combinations_with_replacement, permutations
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from solver.patterns import knapsack
from solver.patterns.tree import Floats, filled, search, weights
from solver.problem import Ids, Ints


@dataclass(frozen=True, slots=True)
class Shelf:
    """Types of one rate, price and eligibility: one table of contents serves them all.

    types [types here]; room [types here, resources]; size [variants, resources]; most [variants]: per server;
    usable [variants].
    """

    types: Ids
    room: Ints
    size: Ints
    most: Ints
    usable: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Priced:
    """value [types of the shelf]: a profit that no contents exceed. row, contents: good contents, each for the type in
    that row of the shelf, the best of every type among them."""

    value: Ints
    row: Ints
    contents: Ints


class Pricer(Protocol):
    resources: list[int]

    def best(self, shelf: Shelf, profit: Ints) -> Priced:
        """For a profit of each variant."""

    def start(self, shelf: Shelf, wanted: Ints) -> Sequence[tuple[int, Ints]]:
        """(row of the shelf, contents) to begin with, which a few rounds would only find again."""

    def strive(self) -> bool:
        """Look longer from now on; False when that is not possible, or not needed as the best was found always."""


class Plain:
    """One or two resources: one table per shelf."""

    def __init__(self, resources: Sequence[int]) -> None:
        self.resources = list(resources)

    def best(self, shelf: Shelf, profit: Ints) -> Priced:
        room, size = _pair(shelf.room[:, self.resources]), _pair(shelf.size[:, self.resources])
        box = _Table(room.max(axis=0), size, shelf.most, profit)
        found = np.stack([box.contents(*each) for each in room.tolist()])
        return Priced(box.values(room), np.arange(len(room)), found)

    def start(self, shelf: Shelf, wanted: Ints) -> Sequence[tuple[int, Ints]]:
        return ()

    def strive(self) -> bool:
        return False


class Cells:
    """Two cells with the same resources: a variant takes from the first, from the second, or the same of both."""

    def __init__(self, first: Sequence[int], second: Sequence[int]) -> None:
        self.first, self.second = list(first), list(second)
        self.resources = [*first, *second]

    def best(self, shelf: Shelf, profit: Ints) -> Priced:
        sides = [_pair(shelf.size[:, columns]) for columns in (self.first, self.second)]
        rooms = [_pair(shelf.room[:, columns]) for columns in (self.first, self.second)]
        takes: list[NDArray[np.bool_]] = [side.sum(axis=1) > 0 for side in sides]
        first, second, both = (
            _Table(room.max(axis=0), side, shelf.most, np.where(chosen, profit, 0))
            for room, side, chosen in (
                (rooms[0], sides[0], ~takes[1]),
                (rooms[1], sides[1], takes[1] & ~takes[0]),
                (np.minimum(*rooms), sides[0], takes[0] & takes[1]),
            )
        )
        value, found = np.zeros(len(shelf.types), np.int64), []
        for row, (a, b) in enumerate(zip(*rooms, strict=True)):
            best, x, y = knapsack.split(np.concatenate([a, b]), first.value, second.value, both.value)
            value[row] = best + first.given + second.given + both.given
            at = np.array([x, y])
            found.append(first.contents(*(a - at)) + second.contents(*(b - at)) + both.contents(*at))
        return Priced(value, np.arange(len(found)), np.stack(found))

    def start(self, shelf: Shelf, wanted: Ints) -> Sequence[tuple[int, Ints]]:
        return ()

    def strive(self) -> bool:
        return False


class Search:
    """Any number of resources: a search for every type, longer and longer up to so many steps for all of them.

    With few types it also offers up to so many other good contents a round, so that the master needs fewer rounds.
    """

    LONGEST, MANY = 1_000_000, 60

    def __init__(self, resources: Sequence[int], types: int) -> None:
        self.resources = list(resources)
        self.steps, self.most = 1_000, max(self.LONGEST // max(types, 1), 1_000)
        self.turn = 0
        self.around = types <= 20  # many types give many contents as it is

    def best(self, shelf: Shelf, profit: Ints) -> Priced:
        size = np.ascontiguousarray(shelf.size[:, self.resources])
        profit = np.where(shelf.usable, profit, 0)
        value, rows, found = [], [], []
        for row, room in enumerate(np.ascontiguousarray(shelf.room[:, self.resources])):
            weight = weights(room, size, profit, shelf.most)
            bound, contents = search(room, size, profit, shelf.most, weight, self.steps)
            around = self._others(room, size, profit, shelf.most, weight, contents) if self.around else []
            value.append(bound)
            found += [contents, *around]
            rows += [row] * (1 + len(around))
        return Priced(np.array(value, np.int64), np.array(rows, np.int64), np.stack(found))

    def _others(self, room: Ints, size: Ints, profit: Ints, most: Ints, weight: Floats, best: Ints) -> list[Ints]:
        """Good contents of what the better ones left, as they complement each other; then around one variant each,
        in turn over the rounds."""
        found, rest, least = [best], profit.copy(), 0.9 * float(best @ profit)
        while len(found) < self.MANY:
            rest[found[-1] > 0] = 0
            contents = search(room, size, rest, most, weight, 50)[1]
            if contents @ profit < least:
                break
            found.append(contents)
        for _ in range(self.MANY - len(found)):
            self.turn = (self.turn + 1) % len(profit)
            seed = size[self.turn]
            if profit[self.turn] > 0 and most[self.turn] and (seed <= room).all():
                one = np.arange(len(profit)) == self.turn
                found.append(search(room - seed, size, profit, most - one, weight, 50)[1] + one)
        return found[1:]

    def start(self, shelf: Shelf, wanted: Ints) -> Sequence[tuple[int, Ints]]:
        """First-fit by size: the roomiest type filled again and again, until all is placed or nothing fits."""
        if not self.around:
            return ()
        room = np.ascontiguousarray(shelf.room[:, self.resources])
        size = np.ascontiguousarray(shelf.size[:, self.resources])
        row = int(room.sum(axis=1).argmax())
        weight = 1.0 / np.maximum(room[row], 1)
        volume = (1000.0 * (size @ weight)).astype(np.int64) ** 2
        return [
            (row, contents) for contents in filled(room[row], size, volume, np.where(shelf.usable, wanted, 0), weight)
        ]

    def strive(self) -> bool:
        self.steps *= 8
        return self.steps <= self.most


class _Table:
    """Best contents for every room up to `room`; what takes nothing at all is given as often as it is allowed."""

    def __init__(self, room: Ints, size: Ints, most: Ints, profit: Ints) -> None:
        free: NDArray[np.bool_] = size.sum(axis=1) == 0
        self.size = np.maximum(size, free[:, None])
        self.many = np.where(free & (profit > 0), most, 0)
        self.given = int(self.many @ profit)
        rooms = int(room[0]) + 1, int(room[1]) + 1
        self.value, self.last, self.used = knapsack.table(rooms, self.size, np.where(free, 0, profit), most)

    def values(self, room: Ints) -> Ints:
        return self.value[room[:, 0], room[:, 1]] + self.given

    def contents(self, x: int, y: int) -> Ints:
        return knapsack.contents(x, y, self.size, self.last, self.used) + self.many


def pricer(room: Ints, size: Ints, cells: int = 4_000_000) -> Pricer:
    """What suits the resources that matter: tables as long as they have no more than so many cells.

    room [types, resources]; size [rows, resources]: every variant at every rate.
    """
    kept = needed(room, size)
    if len(kept) <= 2:
        table = np.prod(room[:, kept].max(axis=0, initial=0) + 1)
        return Plain(kept) if table <= cells else Search(kept, len(np.unique(room[:, kept], axis=0)))
    for first, second in _halves(kept, room.shape[1]):
        a, b = size[:, first], size[:, second]
        if (~a.any(axis=1) | ~b.any(axis=1) | (a == b).all(axis=1)).all():
            largest = max(int(np.prod(room[:, half].max(axis=0) + 1)) for half in (first, second))
            if largest <= cells:
                return Cells(first, second)
    return Search(kept, len(np.unique(room[:, kept], axis=0)))


def _halves(kept: list[int], resources: int) -> Iterator[tuple[list[int], list[int]]]:
    """Every way to see the resources that matter, and others to make them four, as two cells with two each."""
    for more in combinations(sorted(set(range(resources)) - set(kept)), max(4 - len(kept), 0)):
        head, *tail = sorted({*kept, *more})
        for partner in tail if len(tail) == 3 else ():
            for rest in permutations(set(tail) - {partner}):
                yield [head, partner], list(rest)


def needed(room: Ints, size: Ints) -> list[int]:
    """The resources that can bind: one goes if no contents allowed by one or two others could exceed its room."""
    kept = [r for r in range(room.shape[1]) if size[:, r].any()]
    for resource in list(kept):
        others = [r for r in kept if r != resource]
        if any(_covers(room, size, resource, pair) for pair in combinations_with_replacement(others, 2)):
            kept = others
    return kept


def _covers(room: Ints, size: Ints, resource: int, others: tuple[int, int]) -> bool:
    """use <= room x (use of the others / room of the others), contents by contents and type by type."""
    chosen = list(set(others))
    use, room_of_others = size[:, chosen].sum(axis=1), room[:, chosen].sum(axis=1)
    if (size[use == 0, resource] > 0).any():
        return False
    return bool((np.outer(size[:, resource], room_of_others) <= np.outer(use, room[:, resource])).all())


def _pair(columns: Ints) -> Ints:
    """Two columns, the second one without meaning if there is only one resource."""
    missing = np.zeros((len(columns), 2 - columns.shape[1]), np.int64)
    return np.ascontiguousarray(np.concatenate([columns, missing], axis=1))
