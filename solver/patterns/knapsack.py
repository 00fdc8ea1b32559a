"""Compiled knapsack tables over two resources: the best contents for every room at once."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from solver.compiled import entry, kernel
from solver.problem import Ints

Counts = NDArray[np.int16]


@entry
def table(rooms: tuple[int, int], size: Ints, profit: Ints, most: Ints) -> tuple[Ints, Counts, Counts]:
    """value [rooms 0, rooms 1]: the most profit of a multiset that fits, at most `most` of each variant.

    size [variants, 2]; none is zero in both. Variants that may fill the room are tabulated without a limit first:
    last [rooms 0, rooms 1] is the one put in last (-1: none); the others after them, layer by layer:
    used [variants, rooms 0, rooms 1] (empty when there are none) is how many of them.
    """
    high, wide = rooms
    variants = len(profit)
    value = np.zeros((high, wide), np.int64)
    last = np.full((high, wide), -1, np.int16)
    limited = np.zeros(variants, np.bool_)
    for v in range(variants):
        a, b = size[v]
        fits = min((high - 1) // a if a else 1 << 30, (wide - 1) // b if b else 1 << 30)
        limited[v] = most[v] < fits
        if limited[v] or profit[v] <= 0 or fits == 0:
            continue
        for x in range(a, high):
            for y in range(b, wide):
                better = value[x - a, y - b] + profit[v]
                if better > value[x, y]:
                    value[x, y] = better
                    last[x, y] = v
    layers = variants if limited.any() else 0
    used = np.zeros((layers, high, wide), np.int16)
    for v in range(layers):
        if limited[v] and profit[v] > 0:
            _add(value, used[v], size[v, 0], size[v, 1], profit[v], most[v])
    return value, last, used


@kernel
def _add(value: Ints, used: Counts, a: int, b: int, profit: int, most: int) -> None:
    """One more variant, at most `most` times; downwards, so that what is read has none of it yet."""
    high, wide = value.shape
    for x in range(high - 1, a - 1, -1):
        for y in range(wide - 1, b - 1, -1):
            best = value[x, y]
            for many in range(1, most + 1):
                if many * a > x or many * b > y:
                    break
                better = value[x - many * a, y - many * b] + many * profit
                if better > best:
                    best = better
                    used[x, y] = many
            value[x, y] = best


@entry
def contents(x: int, y: int, size: Ints, last: Counts, used: Counts) -> Ints:
    """The multiset behind the value of a room: layers from the outermost in, then one by one."""
    found = np.zeros(len(size), np.int64)
    for v in range(used.shape[0] - 1, -1, -1):
        many = used[v, x, y]
        found[v] += many
        x -= many * size[v, 0]
        y -= many * size[v, 1]
    while last[x, y] >= 0:
        v = last[x, y]
        found[v] += 1
        x -= size[v, 0]
        y -= size[v, 1]
    return found


@entry
def split(room: Ints, first: Ints, second: Ints, both: Ints) -> tuple[int, int, int]:
    """How much of each of two cells goes to what takes the same of both: (value, amount of resource 0, of 1).

    room [4]: resources 0 and 1 of the first cell, then of the second. first, second, both: value tables.
    """
    best, at, by = -1, 0, 0
    for x in range(min(room[0], room[2], both.shape[0] - 1) + 1):
        for y in range(min(room[1], room[3], both.shape[1] - 1) + 1):
            value = both[x, y] + first[room[0] - x, room[1] - y] + second[room[2] - x, room[3] - y]
            if value > best:
                best, at, by = value, x, y
    return best, at, by
