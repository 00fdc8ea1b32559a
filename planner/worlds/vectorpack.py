"""Vector bin packing (.vbp): bins become servers, items containers; the question is `solve --then fewest-servers`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from planner.inventory.inventory import Column, Inventory, Servers
from planner.inventory.world import World
from planner.manifests.application import Application
from planner.manifests.errors import InputProblem, InvalidInput, shown
from planner.manifests.runtimes import Runtimes
from planner.worlds.imported import Imported, sites_nowhere, source
from planner.worlds.write import sealed

_MOST_ITEMS = 100_000
_DIGITS = 12


@dataclass(frozen=True, slots=True)
class _Instance:
    """bin: [resources]. type: [types], their numbers in the file. items: [types, resources]. quantity: [types].
    nothing: how many items of size zero the file has besides."""

    bin: NDArray[np.int64]
    type: NDArray[np.int64]
    items: NDArray[np.int64]
    quantity: NDArray[np.int64]
    nothing: int


def load(file: Path) -> Imported:
    """One site of as many servers as first-fit decreasing uses: surely enough, and no more than a plan needs.

    Resources are `r0`, `r1` ...; item types of the same size become one application, all or nothing. Raises
    InvalidInput with every problem of the file, an item larger than a bin included.
    """
    given = _read(file)
    names = tuple(f"r{number}" for number in range(len(given.bin)))
    sizes, kind = np.unique(given.items, axis=0, return_inverse=True)
    count = np.bincount(kind.ravel(), given.quantity, len(sizes)).astype(np.int64)
    applications = tuple(
        _application(f"item-{number}", dict(zip(names, size, strict=True)), amount)
        for number, (size, amount) in enumerate(zip(sizes.tolist(), count.tolist(), strict=True))
        if amount
    )
    inventory = Inventory(sites_nowhere([_name(file)]), _servers(given, _name(file)), names)
    world = sealed(World(inventory, applications, (), Runtimes(), ""))
    instances = [
        (f"item-{number}", f"type-{row}" if amount == 1 else f"type-{row}.{copy}")
        for row, number, amount in zip(given.type.tolist(), kind.ravel().tolist(), given.quantity.tolist(), strict=True)
        for copy in range(amount)
    ]
    return Imported(world, instances, _notes(given))


def _notes(given: _Instance) -> list[str]:
    notes = ["The question of the source is how few servers suffice: solve it with --then fewest-servers."]
    if given.nothing:
        notes.append(f"{given.nothing} items that ask for nothing are left out: any bin holds them.")
    return notes


def _name(file: Path) -> str:
    return "".join(letter if letter.isalnum() else "-" for letter in file.stem.lower())


def _servers(given: _Instance, site: str) -> Servers:
    count = max(1, first_fit_decreasing(given.bin, np.repeat(given.items, given.quantity, axis=0)))
    return Servers(
        name=tuple(f"bin-{number}" for number in range(count)),
        site=np.zeros(count, np.int32),
        rack=Column.of([site] * count),
        state=Column.of(["online"] * count),
        capabilities=(frozenset(),) * count,
        cpu_overcommit=(Fraction(1),) * count,
        capacity=np.tile(given.bin, (count, 1)),
        labels={},
    )


def first_fit_decreasing(room: NDArray[np.int64], items: NDArray[np.int64]) -> int:
    """Bins that suffice for all items [items, resources], each no larger than a bin's `room` [resources]."""
    relative = items / np.maximum(room, 1)
    left = np.tile(room, (len(items), 1))
    used = 0
    for row in np.argsort(-relative.sum(axis=1), kind="stable"):
        fitting = (left[: used + 1] >= items[row]).all(axis=1)
        chosen = int(fitting.argmax())
        left[chosen] -= items[row]
        used = max(used, chosen + 1)
    return used


def _application(name: str, resources: dict[str, int], instances: int) -> Application:
    return Application.model_validate(
        {
            "metadata": {"name": name},
            "spec": {"runtime": "container", "resources": resources, "demand": [{"instances": instances}]},
        }
    )


def _read(file: Path) -> _Instance:
    """Lines: dimensions; capacities of a bin; number of item types; sizes and quantity of each type."""
    lines = _Lines(file)
    dimensions = lines.whole("dimensions", 1)[0]
    lines.finish()
    room = lines.whole("capacity", dimensions)
    types = lines.whole("item types", 1)[0]
    items = np.array([lines.whole("item type", dimensions + 1) for _ in range(min(types, lines.left))], np.int64)
    items = items.reshape(-1, dimensions + 1)
    lines.larger(items[:, :-1], room)
    lines.end(types - len(items), int(items[:, -1].sum()))
    sizes, quantity = items[:, :-1], items[:, -1]
    some = np.flatnonzero(sizes.any(axis=1))
    nothing = int(quantity.sum() - quantity[some].sum())
    return _Instance(np.array(room, np.int64), some, sizes[some], quantity[some], nothing)


class _Lines:
    """The file's lines of whole numbers; what is wrong with them becomes problems, and `finish` raises them."""

    def __init__(self, file: Path) -> None:
        self._file = str(file)
        self._problems: list[InputProblem] = []
        text = enumerate(source(file).splitlines(), 1)
        self._lines = [(line, words) for line, row in text if (words := row.split())]
        self._next = 0

    @property
    def left(self) -> int:
        return len(self._lines) - self._next

    def whole(self, field: str, count: int) -> list[int]:
        """The numbers of the next line; zeros where they are not as expected."""
        if not self.left:
            self._wrong(None, field, "the end of the file", f"a line of {count} whole numbers")
            return [0] * count
        line, words = self._lines[self._next]
        self._next += 1
        numbers = [int(word) for word in words if word.isascii() and word.isdigit() and len(word) <= _DIGITS]
        if len(words) == len(numbers) == count:
            return numbers
        bad = next((word for word in words if not word.isdigit() or len(word) > _DIGITS), None)
        found = f"{len(words)} words" if bad is None else shown(bad)
        self._wrong(line, field, found, f"{count} whole numbers, not negative")
        return [0] * count

    def larger(self, sizes: NDArray[np.int64], room: Sequence[int]) -> None:
        """Complains of the items that no bin can hold."""
        first = self._next - len(sizes)
        for row, column in np.argwhere(sizes > np.array(room, np.int64)).tolist():
            found = f"the size {sizes[row, column]}"
            self._wrong(self._lines[first + row][0], f"r{column}", found, f"at most a bin's {room[column]}")

    def end(self, missing: int, items: int) -> None:
        """Complains of item types too few or too many, of too many items, and raises InvalidInput with everything."""
        if missing > 0:
            self._wrong(None, "item types", f"{missing} lines too few", "a line for each item type")
        elif self.left:
            self._wrong(self._lines[self._next][0], "item types", f"{self.left} lines too many", "the end of the file")
        if items > _MOST_ITEMS:
            self._wrong(None, "quantity", f"{items} items in all", f"at most {_MOST_ITEMS}")
        self.finish()

    def finish(self) -> None:
        if self._problems:
            raise InvalidInput(self._problems)

    def _wrong(self, line: int | None, field: str, found: str, expected: str) -> None:
        self._problems.append(InputProblem(self._file, line, field, found, expected))
