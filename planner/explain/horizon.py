"""Horizon: what an explanation may look at beyond its snapshot: other times, promises, and whose names may be told."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime

from planner.inventory.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class Promised:
    """A reservation or hold that takes room. name: as people call it. told: what it takes."""

    id: str
    name: str
    told: str


@dataclass(frozen=True, slots=True)
class Horizon:
    """tenants: whose applications may be named; None: everybody's. ends: ascending, when something in the books ends;
    since: the snapshot for what begins at one of them. promises: that may be named; without: the snapshot with these
    called off, by id. endless: what is asked for has no end, so what fits from a start fits from all later ones."""

    tenants: frozenset[str] | None = None
    ends: tuple[datetime, ...] = ()
    since: Callable[[datetime], Snapshot] | None = None
    promises: tuple[Promised, ...] = ()
    without: Callable[[Collection[str]], Snapshot] | None = None
    endless: bool = True

    def sees(self, tenant: str) -> bool:
        return self.tenants is None or tenant in self.tenants

    def blind(self) -> Horizon:
        """For a snapshot that no books know: names only."""
        return Horizon(self.tenants)


EVERYTHING = Horizon()
