"""Heap: rows by their keys, the least first, taken out as far as they are wanted."""

from __future__ import annotations

from solver.compiled import leaf, number
from solver.construct.tables import Floats
from solver.problem import Ids


@leaf
def heaped(key: Floats, row: Ids, many: int) -> None:
    """Make a heap of the first rows; of equal keys the lower row is less."""
    for i in range(many // 2 - 1, -1, -1):
        _sink(key, row, i, many)


@leaf
def least(key: Floats, row: Ids, many: int) -> int:
    """The least of so many rows in the heap; it moves behind the others, which stay a heap."""
    last = many - 1
    found, value = row[0], key[0]
    row[0], key[0] = row[last], key[last]
    row[last], key[last] = found, value
    _sink(key, row, 0, last)
    return number(found)


@leaf
def _sink(key: Floats, row: Ids, i: int, many: int) -> None:
    value, mine = key[i], row[i]
    while True:
        child = 2 * i + 1
        if child >= many:
            break
        if child + 1 < many and (
            key[child + 1] < key[child] or (key[child + 1] == key[child] and row[child + 1] < row[child])
        ):
            child += 1
        if value < key[child] or (value == key[child] and mine <= row[child]):
            break
        key[i], row[i] = key[child], row[child]
        i = child
    key[i], row[i] = value, mine
