"""Catalogue: where all contents that matter can be listed, the best of them are looked up."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from solver.patterns.listing import Lister, Listing, profits
from solver.patterns.pricing import Priced, Shelf
from solver.patterns.relaxation import Relaxation
from solver.problem import Ints

STEPS = 10_000_000
"""Of a search for contents, at a time: about a tenth of a second."""
LONGEST = 20
"""Times that such a search goes on at most, for all types of servers together."""


class Catalogue:
    """A pricer. listings: of each type of server; what takes nothing is in none of them."""

    def __init__(self, resources: Sequence[int], listings: Mapping[int, Listing]) -> None:
        self.resources, self.listings = list(resources), dict(listings)

    def best(self, shelf: Shelf, profit: Ints) -> Priced:
        """With the best contents of every type come, for each variant, the best that have it."""
        gain = np.where(shelf.usable, np.maximum(profit, 0), 0)
        given = np.where(_free(shelf, self.resources) & (gain > 0), shelf.most, 0)
        value, rows, found = [], [], []
        for row, kind in enumerate(shelf.types.tolist()):
            listing = self.listings[kind]
            top, best = profits(listing.start, listing.variant, gain)
            contents = listing.dense(np.unique(best[best >= 0]), len(gain)) * (gain > 0) + given
            contents = contents if len(contents) else given[None]
            value.append(top + int(given @ gain))
            found.append(contents)
            rows += [row] * len(contents)
        return Priced(np.array(value, np.int64), np.array(rows, np.int64), np.concatenate(found))

    def all_of(self, shelf: Shelf, row: int, profit: Ints, least: int, room: Ints, most: int) -> Ints | None:
        """[contents, variants]: of the type in that row, all with so much profit at least that take `room` or more;
        None when they are more than `most`."""
        listing, gain = self.listings[int(shelf.types[row])], np.where(shelf.usable, np.maximum(profit, 0), 0)
        given = np.where(_free(shelf, self.resources) & shelf.usable, shelf.most, 0)
        enough = listing.sums(gain) >= least - int(given @ gain)
        for resource in self.resources:
            enough &= listing.sums(shelf.size[:, resource]) >= room[resource]
        chosen = np.flatnonzero(enough)
        return listing.dense(chosen, len(gain)) + given if len(chosen) <= most else None

    def start(self, shelf: Shelf, wanted: Ints) -> Sequence[tuple[int, Ints]]:
        """For each variant the fullest contents that have it."""
        size = shelf.size[:, self.resources]
        full = (size * (1_000_000 // np.maximum(shelf.room[:, self.resources].max(axis=0), 1))).sum(axis=1)
        priced = self.best(shelf, full * (wanted > 0))
        return list(zip(priced.row.tolist(), priced.contents, strict=True))

    def strive(self) -> bool:
        return False


def listed(relaxation: Relaxation, goal: int | None, limit: int) -> Generator[None, None, Catalogue | None]:
    """A catalogue of at most so many contents; None when there are more, or when the search would take too long.

    goal: only what a plan with so few servers can contain.
    """
    resources, listings, turns = relaxation.types.prices.resources, dict[int, Listing](), LONGEST
    waste = None if goal is None else relaxation.waste(goal)[resources]
    for shelf in relaxation.shelves:
        size = np.ascontiguousarray(shelf.size[:, resources])
        most: Ints = np.where(shelf.usable & ~_free(shelf, resources), shelf.most, 0)
        for kind, room in zip(shelf.types.tolist(), np.ascontiguousarray(shelf.room[:, resources]), strict=True):
            lister = Lister(room, size, most, room if waste is None else np.minimum(waste, room), limit)
            while lister.go_on(STEPS):
                turns -= 1
                if turns < 0:
                    return None
                yield None
            if lister.failed:
                return None
            listings[kind] = lister.listing()
            limit -= len(listings[kind])
    return Catalogue(resources, listings)


def _free(shelf: Shelf, resources: Sequence[int]) -> NDArray[np.bool_]:
    """[variants]: those that take nothing."""
    nothing: NDArray[np.bool_] = shelf.size[:, resources].sum(axis=1) == 0
    return nothing
