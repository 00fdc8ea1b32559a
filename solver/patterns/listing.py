"""All contents of one server that matter, listed by compiled depth-first search."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from solver.compiled import entry, kernel
from solver.problem import Ints

_PLENTY = 1 << 62
WIDEST, DEEPEST = 4_000_000, 100_000
"""Cells of tables of what fills a room, and instances that could be in contents one by one: at most."""
LONG = 8
"""Instances in contents on average, at most: memory is for the few large ones that listing is for."""


@dataclass(frozen=True, slots=True)
class Listing:
    """variant [entries]: those of contents `c` stand at start[c] to start[c + 1], one entry per instance."""

    start: Ints
    variant: Ints

    def __len__(self) -> int:
        return len(self.start) - 1

    def sums(self, value: Ints) -> Ints:
        """[contents]: of a value of each variant."""
        total: Ints = np.concatenate([np.zeros(1, np.int64), np.cumsum(value[self.variant])])
        return np.diff(total[self.start])

    def dense(self, rows: Ints, variants: int) -> Ints:
        """[rows, variants]: how many of each variant."""
        found = np.zeros((len(rows), variants), np.int64)
        for at, row in enumerate(rows.tolist()):
            np.add.at(found[at], self.variant[self.start[row] : self.start[row + 1]], 1)
        return found


class Lister:
    """Lists, part by part, what fits `room` [resources], wastes no more than `waste` [resources] of it, and takes no
    instance more.

    size [variants, resources], none nothing at all; most [variants].
    """

    def __init__(self, room: Ints, size: Ints, most: Ints, waste: Ints, limit: int) -> None:
        fits = np.flatnonzero((size <= room).all(axis=1) & (most > 0))
        load = (size[fits] / np.maximum(room, 1)).sum(axis=1)
        self.order = fits[np.argsort(-load, kind="stable")]
        self.size = np.ascontiguousarray(size[self.order])
        self.most = np.minimum(most[self.order], _fits(room, self.size))
        self.waste, self.limit = waste, limit
        self.left, self.many = room.copy(), np.zeros(len(self.order), np.int64)
        self.at = np.zeros(2, np.int64)  # depth, next variant to look at
        self.failed = int(self.most.sum()) > DEEPEST
        self.stack = np.zeros(1 if self.failed else int(self.most.sum()) + 1, np.int64)
        self.tight = np.flatnonzero(waste < room)
        self.tight = self.tight[: WIDEST // max((len(fits) + 1) * (int(room.max(initial=0)) + 1), 1)]
        self.fill = fills(room[self.tight], np.ascontiguousarray(self.size[:, self.tight]), self.most)
        self.starts, self.variants = [np.zeros(1, np.int64)], [np.zeros(0, np.int64)]
        self.count = self.entries = 0
        self.complete = False

    def go_on(self, steps: int) -> bool:
        """For so many steps more; False when that was the end: complete, or failed as `limit` is reached."""
        if self.failed:
            return False
        count, start, variant, over = _listed(
            self.left, self.many, self.stack, self.at, self.size, self.most, self.waste, self.tight, self.fill,
            min(self.limit - self.count, 1 << 16), steps,
        )  # fmt: skip
        self.starts.append(start[1 : count + 1] + self.entries)
        self.variants.append(self.order[variant[: start[count]]])
        self.count, self.entries = self.count + count, self.entries + int(start[count])
        self.failed = (self.count >= self.limit or self.entries > self.limit * LONG) and not over
        self.complete = over
        return not over and not self.failed

    def listing(self) -> Listing:
        return Listing(np.concatenate(self.starts), np.concatenate(self.variants))


def _fits(room: Ints, size: Ints) -> Ints:
    """[variants]: how many of each alone."""
    fits: Ints = np.where(size > 0, room // np.maximum(size, 1), _PLENTY).min(axis=1, initial=_PLENTY)
    return fits


@entry
def fills(room: Ints, size: Ints, most: Ints) -> Ints:
    """[resources, variants + 1, amounts]: how much of an amount of a resource the variants from one on can fill."""
    many, count = size.shape
    found = np.zeros((count, many + 1, room.max() + 1 if count else 1), np.int64)
    for r in range(count):
        for v in range(many - 1, -1, -1):
            found[r, v] = found[r, v + 1]
            copies, part = (min(most[v], room[r] // size[v, r]) if size[v, r] else 0), 1
            while copies > 0:  # by 1, 2, 4 ... at once: any number of them is a sum of these
                part = min(part, copies)
                need = part * size[v, r]
                for x in range(room[r], need - 1, -1):
                    found[r, v, x] = max(found[r, v, x], found[r, v, x - need] + need)
                copies -= part
                part *= 2
    return found


@entry
def _listed(
    left: Ints, many: Ints, stack: Ints, at: Ints, size: Ints, most: Ints, waste: Ints, tight: Ints, fill: Ints,
    limit: int, steps: int,
) -> tuple[int, Ints, Ints, bool]:  # fmt: skip
    """(how many, start, variant, was that all?). A branch is cut when nothing that comes fills a resource enough."""
    depth, first, count = at[0], at[1], 0
    start, variant = np.zeros(limit + 1, np.int64), np.zeros(limit * LONG + len(stack), np.int64)
    over = False
    while count < limit and steps > 0 and start[count] <= limit * LONG:
        found = -1
        if not _wasteful(left, first, waste, tight, fill):
            found = _next(left, many, size, most, first, len(most))
            if found < 0 and (left <= waste).all() and _next(left, many, size, most, 0, first) < 0:
                begin = start[count]
                variant[begin : begin + depth] = stack[:depth]
                count += 1
                start[count] = begin + depth
        steps -= (found if found >= 0 else len(most)) - first + 16
        if found >= 0:
            many[found] += 1
            for r in range(len(left)):
                left[r] -= size[found, r]
            stack[depth] = found
            depth += 1
            first = found
        elif depth == 0:
            over = True
            break
        else:
            depth -= 1
            found = stack[depth]
            many[found] -= 1
            for r in range(len(left)):
                left[r] += size[found, r]
            first = found + 1
    at[0], at[1] = depth, first
    return count, start, variant, over


@kernel
def _wasteful(left: Ints, first: int, waste: Ints, tight: Ints, fill: Ints) -> bool:
    for row in range(len(tight)):
        r = tight[row]
        if left[r] - fill[row, first, left[r]] > waste[r]:
            return True
    return False


@kernel
def _next(left: Ints, many: Ints, size: Ints, most: Ints, first: int, end: int) -> int:
    """The next variant that still fits; -1 if there is none."""
    for v in range(first, end):
        if many[v] < most[v]:
            fits = True
            for r in range(len(left)):
                if size[v, r] > left[r]:
                    fits = False
                    break
            if fits:
                return v
    return -1


@entry
def profits(start: Ints, variant: Ints, profit: Ints) -> tuple[int, Ints]:
    """(the highest profit, [variants] the most profitable contents that have each, -1 for none); a loss is left out."""
    top, best, best_of = 0, np.full(len(profit), -1, np.int64), np.zeros(len(profit), np.int64)
    gain = np.maximum(profit, 0)
    for row in range(len(start) - 1):
        value = 0
        for at in range(start[row], start[row + 1]):
            value += gain[variant[at]]
        top = max(top, value)
        for at in range(start[row], start[row + 1]):
            v = variant[at]
            if value > best_of[v]:
                best_of[v] = value
                best[v] = row
    return top, best
