"""View: what a caller may know of a snapshot: all room there is, and no application of a tenant that is not its own.

Rules that tie applications of several tenants are kept when a caller of all these tenants plans; nobody else can write
or see them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TypeVar

from planner.access.caller import Tenants, tenant_of
from planner.inventory.roster import Roster
from planner.inventory.snapshot import Snapshot

Value = TypeVar("Value")


class Own(Mapping[str, Value]):
    """The part of a mapping by application id that is of some tenants. (A look at one name costs nothing: there are
    tens of thousands.)"""

    def __init__(self, every: Mapping[str, Value], tenants: frozenset[str]) -> None:
        self._every, self._tenants = every, tenants

    def __getitem__(self, name: str) -> Value:
        if tenant_of(name) not in self._tenants:
            raise KeyError(name)
        return self._every[name]

    def __iter__(self) -> Iterator[str]:
        return (name for name in self._every if tenant_of(name) in self._tenants)

    def __len__(self) -> int:
        return sum(1 for _ in self)


def seen(snapshot: Snapshot, tenants: Tenants) -> Snapshot:
    """As these tenants may see it: what others run takes room and has no name. None: everything."""
    if tenants is None:
        return snapshot
    return replace(
        snapshot,
        applications=Roster.of(snapshot.applications).seen_by(tenants),
        running=Own(snapshot.running, tenants),
        windows=Own(snapshot.windows, tenants),
        standby=tuple(row for row in snapshot.standby if tenant_of(row.application) in tenants),
    )
