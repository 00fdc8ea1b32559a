"""Picture: the books at one generation, from which every tenant gets the snapshot that it may see."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from planner.access.caller import Tenants
from planner.access.view import seen
from planner.inventory.load import Load
from planner.inventory.snapshot import Snapshot
from planner.ledger.calendar import Spans, peak
from planner.ledger.entries import Booking, Line, amounts
from planner.manifests.instants import FOREVER

Ints = NDArray[np.int64]


def having(snapshot: Snapshot, used: Ints) -> Snapshot:
    """The snapshot where so much is taken, at any time. used: [servers, columns]."""
    return replace(snapshot, used=used, free=snapshot.capacity - used, load=Load(used, {}))


@dataclass(frozen=True, slots=True)
class Picture:
    """snapshot: with nothing taken but what runs without an end. floating: every other line: reservations, holds, and
    what runs until some end; spans: the same lines as numbers, in the same order. bookings: active reservations and
    holds, by id. server_ids: of each server row. site_ids: of each site row. server_row: by id. allocations: lines that
    run, by application."""

    generation: int
    snapshot: Snapshot
    floating: tuple[Line, ...]
    spans: Spans
    bookings: Mapping[str, Booking]
    site_ids: Ints
    server_ids: Ints
    server_row: Mapping[int, int]
    allocations: Mapping[str, Mapping[int, Line]]

    def seen_by(self, tenants: Tenants) -> Picture:
        """The same, where no application of other tenants has a name."""
        return self if tenants is None else replace(self, snapshot=seen(self.snapshot, tenants))

    def view(self, begin: int, stop: int = FOREVER, without: Collection[int] = ()) -> Snapshot:
        """The snapshot for something that stands from `begin` to `stop`; lines with ids in `without` take nothing."""
        if not self.floating:
            return self.snapshot
        return having(self.snapshot, self.snapshot.used + self.taken(begin, stop, without))

    def taken(self, begin: int, stop: int, without: Collection[int] = (), more: Sequence[Line] = ()) -> Ints:
        """[servers, columns]: the most that floating lines, and `more` of them, take at any moment of that time."""
        spans = self.spans
        if without:
            gone = set(without)
            spans = spans.only(np.array([line.id not in gone for line in self.floating], np.bool_))
        if more:
            spans += self.spans_of(more)
        return peak(spans, begin, stop, len(self.snapshot.free))

    def spans_of(self, lines: Sequence[Line]) -> Spans:
        columns = self.snapshot.units.columns
        rows = [
            (self.server_row[line.server], line.start, line.ends, line.instances * vector(line.amounts, columns))
            for line in lines
        ]
        return Spans.of(rows, len(columns))

    def due(self) -> int:
        """When the clock next ends something."""
        ends = [line.ends for line in self.floating if line.kind != "allocation" or not self.frozen(line.server)]
        expiries = [booking.expires for booking in self.bookings.values() if booking.kind == "hold"]
        return min((*ends, *expiries), default=FOREVER)

    def frozen(self, server: int) -> bool:
        """Its site is offline: what is there stays as it is."""
        servers = self.snapshot.inventory.servers
        return self.snapshot.inventory.sites.state[int(servers.site[self.server_row[server]])] == "offline"

    def site_of(self, server: int) -> int:
        """Both by id."""
        return int(self.site_ids[self.snapshot.inventory.servers.site[self.server_row[server]]])

    def sites_of(self, lines: Sequence[Line]) -> set[int]:
        return {self.site_of(line.server) for line in lines}

    def names(self, lines: Sequence[Line]) -> tuple[str, ...]:
        """Of their servers."""
        servers = self.snapshot.inventory.servers.name
        return tuple(servers[self.server_row[line.server]] for line in lines)

    def fits(self, taken: Sequence[Line], freed: Sequence[Line], now: int) -> bool:
        """Whether the books stay sound when these lines come and those go."""
        rows = sorted({self.server_row[line.server] for line in taken})
        used = self.taken(now, FOREVER, {line.id for line in freed}, taken)
        return bool((used[rows] <= self.snapshot.free[rows]).all())


@lru_cache(maxsize=65_536)
def vector(text: str, columns: tuple[str, ...]) -> Ints:
    """[columns]: amounts in the books' units. Not to be changed."""
    content = amounts(text)
    return np.array([content.get(name, 0) for name in columns], np.int64)
