"""Base: what every scenario starts from; it is read once, shared by all workers, and never changed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b

import numpy as np

from planner.inventory.roster import Roster
from planner.inventory.snapshot import Snapshot
from planner.inventory.standby import Standby
from planner.manifests.application import Application
from planner.manifests.limits import Level
from planner.whatif.reserved import NOTHING, Bulk, Reserved
from planner.whatif.rows import Entry, Rows
from planner.whatif.shape import Shape
from solver.problem import Ids, Ints


@dataclass(frozen=True)
class Base:
    """applications: all that run or ask for something, by id. shape: what headroom is counted in. reserved: promises,
    whose room is not free."""

    snapshot: Snapshot
    applications: Mapping[str, Application]
    shape: Shape
    reserved: Reserved = NOTHING

    @staticmethod
    def of(
        snapshot: Snapshot,
        applications: Sequence[Application],
        shape: Mapping[str, int],
        reserved: Reserved = NOTHING,
    ) -> Base:
        every = {**snapshot.applications, **{each.id: each for each in applications}}
        return Base(snapshot, every, Shape.of(snapshot, shape), reserved)

    @cached_property
    def every(self) -> Mapping[str, Application]:
        """The applications, and those of reservations."""
        return {**self.applications, **self.reserved.applications} if self.reserved.applications else self.applications

    @cached_property
    def digest(self) -> str:
        """Of everything that a scenario can see."""
        text = blake2b(self.snapshot.generation.encode(), digest_size=12)
        text.update(self.snapshot.free.tobytes())
        if self.snapshot.windows or any(each.spec.window for each in self.applications.values()):
            text.update(repr(self.snapshot.at).encode())
        text.update(repr(self.shape.amounts).encode())
        for name in sorted(self.applications):
            text.update(self.applications[name].model_dump_json().encode())
        if self.reserved != NOTHING:
            text.update(repr(self.reserved).encode())
        return text.hexdigest()

    @cached_property
    def rows(self) -> Rows:
        """Of all applications, and of what is reserved."""
        return Rows.of([*self.snapshot.allocations, *self.reserved.allocations])

    @cached_property
    def bulk(self) -> tuple[Ids, Ids]:
        """(servers, rows of `reserved.bulk`): where bulk amounts stand."""
        pairs = [(server, row) for row, each in enumerate(self.reserved.bulk) for server in each.on]
        server, which = np.array(pairs, np.int32).reshape(-1, 2).T
        return server, which

    @cached_property
    def _orders(self) -> dict[tuple[str, ...], Ids]:
        return {}

    def emptiest(self, bulk: Bulk) -> Ids:
        """Servers where its amounts may go, the emptiest first."""
        key = repr(bulk.where), *sorted({name for here in bulk.on.values() for name in here})
        if key not in self._orders:
            snapshot = self.snapshot
            rows = np.flatnonzero(snapshot.matches(bulk.where)).astype(np.int32)
            columns = [snapshot.units.columns.index(name) for name in key[1:]]
            free = np.maximum(snapshot.free[rows][:, columns], 0)
            share = free / np.maximum(snapshot.capacity[rows][:, columns], 1)
            self._orders[key] = rows[np.lexsort((rows, -free.sum(axis=1), -share.min(axis=1, initial=1.0)))]
        return self._orders[key]

    @cached_property
    def standing(self) -> Counter[Entry]:
        """Instances that run, or are reserved, by demand entry."""
        return self.rows.on(np.ones(len(self.snapshot.free), np.bool_))

    @cached_property
    def standby(self) -> Mapping[tuple[int, int], list[Standby]]:
        """By (level, domain) that is lost."""
        domains, found = self.snapshot.domains, dict[tuple[int, int], list[Standby]]()
        for row in self.snapshot.standby:
            loss = domains.levels[row.level], domains.ids(row.level)[row.domain]
            found.setdefault(loss, []).append(row)
        return found

    @cached_property
    def tied(self) -> Mapping[str, frozenset[str]]:
        """Application -> itself and all that rules tie to it, directly or through others."""
        near, found = Roster.of(self.every), dict[str, frozenset[str]]()
        for name in self.every:
            if name not in found:
                part, fresh = {name}, {name}
                while fresh:
                    fresh = set().union(*map(near.tied, fresh)) - part
                    part |= fresh
                found.update(dict.fromkeys(part, frozenset(part)))
        return found

    def domain(self, name: str) -> Ids:
        """[servers]: domains of the finest level that rules of the application look at, or of those tied to it."""
        tree = self.snapshot.topology
        seen = [tree.level(each) for other in self.tied[name] for each in _levels(self.every[other])]
        finest: Ids = tree.domain[min(seen, default=tree.level("site"))]
        return finest

    @cached_property
    def slots(self) -> Ints:
        """[servers]: instances of the shape that fit on each, nothing else coming there."""
        return self.shape.slots(self.snapshot.free, self.snapshot.rate)

    @cached_property
    def stranded(self) -> Ints:
        """[servers, resources of the shape]: what is free and no slot."""
        return self.shape.stranded(self.snapshot.free, self.snapshot.rate, self.slots)

    def ready(self) -> Base:
        """With everything worked out that scenarios share, before workers get it."""
        for each in self.reserved.bulk:
            self.emptiest(each)
        _ = self.digest, self.rows, self.bulk, self.standing, self.standby, self.tied, self.slots, self.stranded
        return self


def located(application: Application) -> bool:
    """Rules look at where its instances stand: then those that stay count."""
    spec = application.spec
    rules = spec.spread or spec.together or spec.apart_from or spec.master or spec.group
    return bool(rules) or any(entry.instances_per_site is not None for entry in spec.demand)


def _levels(application: Application) -> list[Level]:
    """That its rules look at, but for `survives`; masters and what is asked for per site look at sites."""
    spec = application.spec
    named = [rule.over for rule in spec.spread] + [rule.at for rule in spec.together]
    named += [rule.at for rule in spec.apart_from]
    per_site = spec.master or any(entry.instances_per_site is not None for entry in spec.demand)
    return [*named, "site"] if per_site else named
