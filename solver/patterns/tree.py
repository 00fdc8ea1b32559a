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
def search(room: Ints, size: Ints, profit: Ints, most: Ints, weight: Floats, steps: int) -> tuple[int, Ints]:
    """(a profit that no contents exceed, the best contents found); they agree unless `steps` ran out.

    room [resources]; size [variants, resources]; at most `most` of each variant. A branch is cut by a surrogate: one
    sum of all resources with any `weight` >= 0. What fits the server fits that sum, and the most profitable way to
    fill it, by profit per size with the last one in part, is a bound.
    """
    order, load, need, gain, copies = _sorted(size, profit, most, weight)
    many, best = np.zeros(len(order), np.int64), np.zeros(len(profit), np.int64)
    left, value, top = room.copy(), 0, 0
    bound = int(_surrogate(0, left, weight, need, gain, copies, load) * (1 + 1e-11)) + 1
    depth = 0
    while True:
        for v in range(depth, len(order)):
            many[v] = _fits(left, need[v], copies[v])
            if many[v] > 0:
                left -= many[v] * need[v]
                value += many[v] * gain[v]
        if value > top:
            top = value
            best[order] = many
        depth = len(order)
        while depth > 0:
            if many[depth - 1] == 0:
                depth -= 1
                continue
            many[depth - 1] -= 1
            left += need[depth - 1]
            value -= gain[depth - 1]
            steps -= 1
            if _reaches(top * (1 + CLOSE) + 1 - value, depth, left, weight, need, gain, copies, load):
                break
        if depth == 0:
            return min(bound, int(top * (1 + CLOSE)) + 1), best
        if steps < 0:
            rest = _open(room, weight, need, gain, copies, load, many, depth)
            return min(bound, int(max(rest * (1 + 1e-11), top * (1 + CLOSE))) + 1), best


@entry
def filled(room: Ints, size: Ints, profit: Ints, wanted: Ints, weight: Floats) -> Ints:
    """[servers, variants]: filled by profit per size, server after server, until all of worth that fits is placed."""
    left = wanted.copy()
    order, _, need, _, left = _sorted(size, profit, wanted, weight)
    found = np.zeros((wanted.sum(), len(wanted)), np.int64)
    for row in range(len(found)):
        free, count = room.copy(), 0
        for v in range(len(order)):
            fits = _fits(free, need[v], left[v])
            found[row, order[v]] = fits
            left[v] -= fits
            free -= fits * need[v]
            count += fits
        if count == 0:
            return found[:row]
    return found


@kernel
def _fits(left: Ints, need: Ints, most: int) -> int:
    for r in range(len(left)):
        if need[r] > left[r]:
            return 0
    fits = most
    for r in range(len(left)):
        if fits > 1 and need[r] > 0:
            fits = min(fits, left[r] // need[r])
    return fits


@kernel
def _open(
    room: Ints, weight: Floats, size: Ints, profit: Ints, most: Ints, load: Floats, many: Ints, depth: int
) -> float:
    """A bound of all that the search has not looked into: anything from `depth` on, and the same start with fewer of
    one and then anything."""
    left, value, bound = room.copy(), 0, 0.0
    fewer = most.copy()
    for v in range(len(many)):
        if many[v] > 0:
            fewer[v] = many[v] - 1
            bound = max(bound, value + _surrogate(v, left, weight, size, profit, fewer, load))
            fewer[v] = most[v]
            left -= many[v] * size[v]
            value += many[v] * profit[v]
    return max(bound, value + _surrogate(depth, left, weight, size, profit, most, load))


@kernel
def _sorted(size: Ints, profit: Ints, most: Ints, weight: Floats) -> tuple[Ints, Floats, Ints, Ints, Ints]:
    """(variants with profit by profit per weighted size, and in that order: weighted size, size, profit, most)."""
    load = _loads(size, weight)
    order = np.argsort(-(profit / np.maximum(load, 1e-12)), kind="mergesort")
    order = order[(profit[order] > 0) & (most[order] > 0)]
    return order, load[order], size[order], profit[order], most[order]


@kernel
def _loads(size: Ints, weight: Floats) -> Floats:
    load = np.zeros(len(size))
    for v in range(len(size)):
        for r in range(len(weight)):
            load[v] += weight[r] * size[v, r]
    return load


@kernel
def _surrogate(start: int, left: Ints, weight: Floats, size: Ints, profit: Ints, most: Ints, load: Floats) -> float:
    """The most profit of the variants from `start` on under the weighted sum alone, each within what really fits."""
    room = total = 0.0
    for r in range(len(left)):
        room += weight[r] * left[r]
    for v in range(start, len(load)):
        fits = _fits(left, size[v], most[v])
        if fits == 0:
            continue
        if load[v] * fits > room:
            return total + float(profit[v]) * (room / float(load[v]))
        room -= load[v] * fits
        total += float(profit[v]) * fits
    return total


@kernel
def _reaches(
    goal: float, start: int, left: Ints, weight: Floats, size: Ints, profit: Ints, most: Ints, load: Floats
) -> bool:
    """Could the surrogate bring so much profit? It stops as soon as either answer is certain."""
    room = total = 0.0
    for r in range(len(left)):
        room += weight[r] * left[r]
    for v in range(start, len(load)):
        if (total + room * profit[v] / max(load[v], 1e-12)) * (1 + 1e-11) < goal:
            return False
        fits = _fits(left, size[v], most[v])
        if fits == 0:
            continue
        if load[v] * fits > room:
            return bool((total + profit[v] * (room / load[v])) * (1 + 1e-11) >= goal)
        room -= load[v] * fits
        total += float(profit[v]) * fits
        if total >= goal:
            return True
    return bool(total * (1 + 1e-11) >= goal)


@entry
def weights(room: Ints, size: Ints, profit: Ints, most: Ints) -> Floats:
    """Weights that make the surrogate tight: a resource that its optimum uses too much of gets dearer."""
    weight = 1.0 / np.maximum(room, 1).astype(np.float64)
    chosen, least, step = weight.copy(), np.inf, 0.5
    for _ in range(40):
        _, load, need, gain, copies = _sorted(size, profit, most, weight)
        bound = _surrogate(0, room, weight, need, gain, copies, load)
        if bound < least:
            least = bound
            chosen[:] = weight
        used = _used(room, weight, need, copies, load)
        for r in range(len(room)):
            weight[r] *= np.exp(step * (used[r] / max(room[r], 1) - 1.0))
        step *= 0.93
    return chosen


@kernel
def _used(room: Ints, weight: Floats, size: Ints, most: Ints, load: Floats) -> Floats:
    """[resources]: what the optimum of the surrogate takes of each."""
    used, free = np.zeros(len(room)), 0.0
    for r in range(len(room)):
        free += weight[r] * room[r]
    for v in range(len(load)):
        fits = float(_fits(room, size[v], most[v]))
        if load[v] * fits > free:
            fits = free / load[v]
        free -= load[v] * fits
        for r in range(len(room)):
            used[r] += size[v, r] * fits
    return used
