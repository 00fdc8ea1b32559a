"""Picture: the books at one generation, from which every tenant gets the snapshot that it may see."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from planner.access.caller import Tenants
from planner.access.view import seen
from planner.inventory.snapshot import Snapshot
from planner.ledger.calendar import Spans, peak
from planner.ledger.entries import Booking, Line, amounts
from planner.ledger.ground import Slices, having, taken
from planner.ledger.losses import Losses
from planner.ledger.sharing import together, window
from planner.manifests.instants import FOREVER
from planner.manifests.quantities import DEVICE
from solver.restarts import Reserved

Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Picture:
    """snapshot: with nothing taken but what runs at any time. columns: those of the snapshot, then `gpu#0`, `gpu#1` ...

    floating: every other line: reservations, holds, standby, and what runs until some end or in slices of the day;
    spans: the same lines as numbers, in the same order. bookings: active reservations and holds, by id. server_ids: of
    each server row. site_ids: of each site row. server_row: by id. allocations: lines that run, by application;
    standby: those that stand aside for them. losses: what is degraded."""

    generation: int
    snapshot: Snapshot
    columns: tuple[str, ...]
    floating: tuple[Line, ...]
    spans: Spans
    bookings: Mapping[str, Booking]
    site_ids: Ints
    server_ids: Ints
    server_row: Mapping[int, int]
    allocations: Mapping[str, Mapping[int, Line]]
    standby: Mapping[str, Mapping[int, Line]]
    losses: Losses

    def seen_by(self, tenants: Tenants) -> Picture:
        """The same, where no application of other tenants has a name."""
        return self if tenants is None else replace(self, snapshot=seen(self.snapshot, tenants))

    def view(self, begin: int, stop: int = FOREVER, without: Collection[int] = ()) -> Snapshot:
        """The snapshot for something that stands from `begin` to `stop`; lines with ids in `without` take nothing."""
        if not self.floating:
            return self.snapshot
        gone = set(without)
        there = (self.spans.start < stop) & (self.spans.ends > begin)
        lines = [line for line, isin in zip(self.floating, there.tolist(), strict=True) if isin and line.id not in gone]
        if gone:
            there &= np.array([line.id not in gone for line in self.floating], np.bool_)
        if not lines:
            return self.snapshot
        spans = self.spans.only(there)
        if not any(line.shares for line in lines):
            return having(self.snapshot, taken(self.snapshot) + self._peak(spans, begin, stop))
        kinds = [(line.daily, line.lost) for line in lines]
        always = taken(self.snapshot) + self._peak(spans.only(_equal(kinds, ("", ""))), begin, stop)
        slices = self._slices(spans, kinds, begin, stop)
        return replace(
            having(self.snapshot, always, slices, self._aside(spans, kinds, begin, stop)),
            windows=self.snapshot.windows,
        )

    def _peak(self, spans: Spans, begin: int, stop: int) -> Ints:
        return peak(spans, begin, stop, len(self.snapshot.used))

    def _slices(self, spans: Spans, kinds: Sequence[tuple[str, str]], begin: int, stop: int) -> Slices:
        own = len(self.snapshot.units.columns)
        found = {}
        for kind in sorted({kind for kind in kinds if kind[0] and not kind[1]}):
            most = self._peak(spans.only(_equal(kinds, kind)), begin, stop)
            rows = np.flatnonzero(most.any(axis=1)).astype(np.int32)
            found[window(kind[0])] = rows, most[rows, :own]
        return found

    def _aside(self, spans: Spans, kinds: Sequence[tuple[str, str]], begin: int, stop: int) -> Reserved:
        """By server and loss, in this order."""
        own, domains = len(self.snapshot.units.columns), self.snapshot.domains
        found: list[tuple[int, int, int, Ints]] = []
        for lost in sorted({kind[1] for kind in kinds if kind[1]}):
            level, _, domain = lost.partition(":")
            mine = np.array([kind[1] == lost for kind in kinds], np.bool_)
            most = self._peak(spans.only(mine), begin, stop)
            loss = domains.levels[level], domains.ids(level)[domain]
            found += [(row, *loss, most[row, :own]) for row in np.flatnonzero(most.any(axis=1)).tolist()]
        found.sort(key=lambda row: row[:3])
        keys = np.array([row[:3] for row in found], np.int32).reshape(-1, 3).T
        return Reserved(keys[0], keys[1], keys[2], np.array([row[3] for row in found], np.int64).reshape(-1, own))

    def due(self) -> int:
        """When the clock next ends something."""
        ends = [line.ends for line in self.floating if not self.stays(line)]
        expiries = [booking.expires for booking in self.bookings.values() if booking.kind == "hold"]
        return min((*ends, *expiries), default=FOREVER)

    def stays(self, line: Line) -> bool:
        """It runs in a site that is offline: it stays as it is, even past its end. Room that only stands aside does
        not run."""
        return line.kind == "allocation" and not line.lost and self.frozen(line.server)

    def frozen(self, server: int) -> bool:
        """Its site is offline."""
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

    def fits(self, come: Sequence[Line], freed: Sequence[Line], now: int) -> bool:
        """Whether the books stay sound when these lines come and those go."""
        gone = {line.id for line in freed}
        lines: dict[int, list[Line]] = defaultdict(list)
        for line in come:
            lines[line.server].append(line)
        every = taken(self.snapshot)
        base = {server: every[self.server_row[server]].copy() for server in lines}
        for line in self.floating:
            if line.server in lines and line.id in gone:
                gone.discard(line.id)
            elif line.server in lines:
                lines[line.server].append(line)
        for line in freed:
            if line.id in gone and line.server in base:
                base[line.server] -= line.instances * vector(line.amounts, self.columns)
        return all(self._sound(server, base[server], lines[server], now) for server in lines)

    def _sound(self, server: int, base: Ints, lines: Sequence[Line], now: int) -> bool:
        """At every moment from now on: more is taken only where a line starts."""
        room = self._room(server) - base
        for moment in {now, *(line.start for line in lines if line.start > now)}:
            here = [line for line in lines if line.start <= moment < line.ends]
            need = sum(
                (each.instances * vector(each.amounts, self.columns) for each in here if not each.shares), room * 0
            )
            shared = together(line for line in here if line.shares)
            need += np.array([shared.get(name, 0) for name in self.columns], np.int64)
            if (need > room).any():
                return False
        return True

    def _room(self, server: int) -> Ints:
        """[columns]: what the server has."""
        row = self.server_row[server]
        devices = np.arange(len(self.columns) - self.snapshot.capacity.shape[1])
        gpus = np.where(devices < self.snapshot.devices.count[row], DEVICE, 0)
        return np.concatenate([self.snapshot.capacity[row], gpus])


def _equal(kinds: Sequence[tuple[str, str]], kind: tuple[str, str]) -> NDArray[np.bool_]:
    return np.array([each == kind for each in kinds], np.bool_)


@lru_cache(maxsize=65_536)
def vector(text: str, columns: tuple[str, ...]) -> Ints:
    """[columns]: amounts in the books' units. Not to be changed."""
    content = amounts(text)
    return np.array([content.get(name, 0) for name in columns], np.int64)
