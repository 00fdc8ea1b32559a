"""Best contents of one server by compiled depth-first search, for any number of resources."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from solver.compiled import entry, kernel
from solver.problem import Ints

Floats = NDArray[np.float64]
CLOSE = 1e-7
"""Part of the best profit by which a branch must be able to beat it to be looked into; the bound makes up for it."""


@entry
def search(room: Ints, size: Ints, profit: Ints, most: Ints, steps: int) -> tuple[int, Ints]:
    """(a profit that no contents exceed, the best contents found); they agree unless `steps` ran out.

    room [resources]; size [variants, resources]; at most `most` of each variant. A branch is cut by a surrogate: one
    weighted sum of all resources. What fits the server fits that sum, and the most profitable way to fill it, by
    profit per size with the last one in part, is a bound; it falls with every instance taken out.
    """
    weight = _weights(room, size, profit, most)
    load = _loads(size, weight)
    order = np.argsort(-(profit / np.maximum(load, 1e-12)), kind="mergesort")
    order = order[profit[order] > 0]
    many, best = np.zeros(len(order), np.int64), np.zeros(len(profit), np.int64)
    left, value, top = room.copy(), 0, 0
    bound = int(_surrogate(order, 0, left, weight, size, profit, most, load) * (1 + 1e-11)) + 1
    depth = 0
    while True:
        for position in range(depth, len(order)):
            v = order[position]
            many[position] = _fits(left, size[v], most[v])
            left -= many[position] * size[v]
            value += many[position] * profit[v]
        if value > top:
            top = value
            best[order] = many
        depth = len(order)
        while depth > 0:
            if many[depth - 1] == 0:
                depth -= 1
                continue
            v = order[depth - 1]
            many[depth - 1] -= 1
            left += size[v]
            value -= profit[v]
            steps -= 1
            reach = value + _surrogate(order, depth, left, weight, size, profit, most, load)
            if reach * (1 + 1e-11) >= top * (1 + CLOSE) + 1:
                break
        if depth == 0:
            return min(bound, int(top * (1 + CLOSE)) + 1), best
        if steps < 0:
            return bound, best


@entry
def seeded(room: Ints, size: Ints, profit: Ints, most: Ints) -> Ints:
    """[variants with profit, variants]: greedy contents around one of each, by profit per size."""
    load = _loads(size, _weights(room, size, profit, most))
    order = np.argsort(-(profit / np.maximum(load, 1e-12)), kind="mergesort")
    order = order[profit[order] > 0]
    found = np.zeros((len(order), len(profit)), np.int64)
    for row in range(len(order)):
        seed = order[row]
        if _fits(room, size[seed], most[seed]) == 0:
            continue
        left = room - size[seed]
        found[row, seed] = 1
        for v in order:
            fits = _fits(left, size[v], most[v] - found[row, v])
            found[row, v] += fits
            left -= fits * size[v]
    return found


@entry
def filled(room: Ints, size: Ints, wanted: Ints) -> Ints:
    """[servers, variants]: the largest that still fits first, server after server, until all fitting is placed."""
    left = wanted.copy()
    load = _loads(size, 1.0 / np.maximum(room, 1).astype(np.float64))
    order = np.argsort(-load, kind="mergesort")
    found = np.zeros((wanted.sum(), len(wanted)), np.int64)
    for row in range(len(found)):
        free = room.copy()
        for v in order:
            found[row, v] = _fits(free, size[v], left[v])
            left[v] -= found[row, v]
            free -= found[row, v] * size[v]
        if found[row].sum() == 0:
            return found[:row]
    return found


@kernel
def _fits(left: Ints, need: Ints, most: int) -> int:
    fits = most
    for r in range(len(left)):
        if need[r] > 0:
            fits = min(fits, left[r] // need[r])
    return fits


@kernel
def _loads(size: Ints, weight: Floats) -> Floats:
    load = np.zeros(len(size))
    for v in range(len(size)):
        for r in range(len(weight)):
            load[v] += weight[r] * size[v, r]
    return load


@kernel
def _surrogate(
    order: Ints, start: int, left: Ints, weight: Floats, size: Ints, profit: Ints, most: Ints, load: Floats
) -> float:
    """The most profit of the variants from `start` on under the weighted sum alone, each within what really fits."""
    room = total = 0.0
    for r in range(len(left)):
        room += weight[r] * left[r]
    for position in range(start, len(order)):
        v = order[position]
        fits = _fits(left, size[v], most[v])
        if load[v] * fits <= room:
            room -= load[v] * fits
            total += float(profit[v]) * fits
        elif fits > 0:
            return total + float(profit[v]) * (room / float(load[v]))
    return total


@kernel
def _weights(room: Ints, size: Ints, profit: Ints, most: Ints) -> Floats:
    """Weights that make the surrogate tight: a resource that its optimum uses too much of gets dearer."""
    weight = 1.0 / np.maximum(room, 1).astype(np.float64)
    chosen, least, step = weight.copy(), np.inf, 0.5
    for _ in range(40):
        load = _loads(size, weight)
        order = np.argsort(-(profit / np.maximum(load, 1e-12)), kind="mergesort")
        order = order[profit[order] > 0]
        bound = _surrogate(order, 0, room, weight, size, profit, most, load)
        if bound < least:
            least = bound
            chosen[:] = weight
        used = np.zeros(len(room))
        free = 0.0
        for r in range(len(room)):
            free += weight[r] * room[r]
        for v in order:
            fits = float(_fits(room, size[v], most[v]))
            if load[v] * fits > free:
                fits = free / load[v]
            free -= load[v] * fits
            for r in range(len(room)):
                used[r] += size[v, r] * fits
        for r in range(len(room)):
            weight[r] *= np.exp(step * (used[r] / max(room[r], 1) - 1.0))
        step *= 0.93
    return chosen
