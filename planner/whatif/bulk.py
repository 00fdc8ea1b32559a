"""Bulk: amounts that a loss takes from reservations go where there is room for them, as the books would put them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from planner.inventory.snapshot import Snapshot
from planner.inventory.units import CPU
from planner.whatif.base import Base
from planner.whatif.reserved import Bulk
from solver.problem import Ids, Ints

CHUNK = 4096
"""Servers that are looked at together: most amounts find room on the first few."""


@dataclass(frozen=True, slots=True)
class Short:
    """A reservation of bulk amounts that finds no room for all of them. promised, missing: base units. proven: there
    is none, whatever else goes where."""

    bulk: Bulk
    promised: Mapping[str, int]
    missing: Mapping[str, int]
    proven: bool


def lost(base: Base, gone: NDArray[np.bool_]) -> Iterator[tuple[Bulk, Counter[str]]]:
    """Reservations with amounts on servers of the mask: base units that stand there."""
    server, which = base.bulk
    for row in np.unique(which[gone[server]]).tolist():
        bulk = base.reserved.bulk[row]
        yield bulk, _total(here for at, here in bulk.on.items() if gone[at])


def _total(each: Iterable[Mapping[str, int]]) -> Counter[str]:
    total: Counter[str] = Counter()
    for amounts in each:
        total.update(amounts)
    return total


def short(base: Base, gone: NDArray[np.bool_], free: Ints) -> Iterator[Short]:
    """One reservation after the other takes from `free` ([servers, columns], which changes), on servers that were the
    emptiest first; all of what it has lost, or nothing."""
    for each, wanted in lost(base, gone):
        order = base.emptiest(each)
        if missing := _taken(base.snapshot, order, gone, wanted, free):
            alone = _taken(base.snapshot, order, gone, wanted, base.snapshot.free.copy())
            yield Short(each, _total(each.on.values()), missing, bool(alone))


def _taken(
    snapshot: Snapshot, order: Ids, gone: NDArray[np.bool_], wanted: Mapping[str, int], free: Ints
) -> dict[str, int]:
    """What is missing; when nothing is, the rest is gone from `free`. order: rows, the first first."""
    left, takes = dict(wanted), list[tuple[Ids, int, Ints]]()
    for begin in range(0, len(order), CHUNK):
        if not any(left.values()):
            break
        rows = order[begin : begin + CHUNK]
        rows = rows[~gone[rows]]
        for name in left:
            column, per = snapshot.units.columns.index(name), _per(snapshot, rows, name)
            room = np.maximum(free[rows, column], 0) // per
            amount = np.clip(left[name] - (np.cumsum(room) - room), 0, room)
            left[name] -= int(amount.sum())
            takes.append((rows, column, amount * per))
    missing = {name: amount for name, amount in left.items() if amount}
    for rows, column, taken in takes if not missing else ():
        free[rows, column] -= taken
    return missing


def _per(snapshot: Snapshot, rows: Ids, name: str) -> Ints:
    """[rows]: books' units of a base unit, as a VM takes it."""
    factor = [rate.numerator if name.partition("@")[0] == CPU else 1 for rate in snapshot.units.rates]
    return np.array(factor, np.int64)[snapshot.rate[rows]]
