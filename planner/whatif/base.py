"""Base: what every scenario starts from; it is read once, shared by all workers, and never changed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

from planner.formulate.participants import ties
from planner.inventory.snapshot import Snapshot
from planner.inventory.standby import Standby
from planner.inventory.world import Allocation
from planner.manifests.application import Application
from planner.manifests.limits import Level
from planner.whatif.shape import Shape
from solver.problem import Ids, Ints

Entry = tuple[str, int]
"""An application, and the position of its demand entry."""


@dataclass(frozen=True, slots=True)
class Rows:
    """Allocations as columns, in the order of `every`: server, instances, entry (a row of `entries`), and whether they
    name neither cells nor devices."""

    every: tuple[Allocation, ...]
    server: Ids
    instances: Ints
    entry: Ids
    entries: tuple[Entry, ...]
    plain: NDArray[np.bool_]

    @staticmethod
    def of(every: Sequence[Allocation]) -> Rows:
        count, position = len(every), dict[Entry, int]()
        return Rows(
            tuple(every),
            np.fromiter((row.server for row in every), np.int32, count),
            np.fromiter((row.instances for row in every), np.int64, count),
            np.fromiter(
                (position.setdefault((row.application, row.demand), len(position)) for row in every), np.int32, count
            ),
            tuple(position),
            np.fromiter((not (row.cells or row.devices) for row in every), np.bool_, count),
        )

    def on(self, servers: NDArray[np.bool_]) -> Counter[Entry]:
        """Instances on the servers of the mask, by demand entry."""
        here = np.flatnonzero(servers[self.server])
        count = np.bincount(self.entry[here], self.instances[here], len(self.entries)).astype(np.int64)
        return Counter({self.entries[row]: int(count[row]) for row in np.flatnonzero(count).tolist()})

    def off(self, servers: NDArray[np.bool_], names: Collection[str]) -> Ids:
        """Rows of allocations of these applications on other servers."""
        mine = np.array([name in names for name, _ in self.entries], np.bool_)
        if not mine.any():
            return np.empty(0, np.int32)
        return np.flatnonzero(mine[self.entry] & ~servers[self.server]).astype(np.int32)

    def joined(self, rows: Ids, domain: Mapping[str, Ids]) -> list[Allocation]:
        """The same instances with one allocation a domain, on any of its servers, where neither cells nor devices are
        named: rules that look at domains see no difference. domain: [servers], by application."""
        found = [self.every[row] for row in rows[~self.plain[rows]].tolist()]
        plain = rows[self.plain[rows]]
        for entry in np.unique(self.entry[plain]).tolist():
            here = plain[self.entry[plain] == entry]
            where = domain[self.entries[entry][0]][self.server[here]]
            _, first, which = np.unique(where, return_index=True, return_inverse=True)
            total = np.bincount(which, self.instances[here]).astype(np.int64)
            for row, instances in zip(here[first].tolist(), total.tolist(), strict=True):
                found.append(self.every[row]._replace(instances=instances))
        return found


@dataclass(frozen=True)
class Base:
    """applications: all that run or ask for something, by id. shape: what headroom is counted in."""

    snapshot: Snapshot
    applications: Mapping[str, Application]
    shape: Shape

    @staticmethod
    def of(snapshot: Snapshot, applications: Sequence[Application], shape: Mapping[str, int]) -> Base:
        every = {**snapshot.applications, **{each.id: each for each in applications}}
        return Base(snapshot, every, Shape.of(snapshot, shape))

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
        return text.hexdigest()

    @cached_property
    def rows(self) -> Rows:
        """Of all applications."""
        return Rows.of(list(self.snapshot.allocations))

    @cached_property
    def standing(self) -> Counter[Entry]:
        """Instances that run, by demand entry."""
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
        near, found = ties(self.applications), dict[str, frozenset[str]]()
        for name in self.applications:
            if name not in found:
                part, fresh = {name}, {name}
                while fresh:
                    fresh = set().union(*map(near.__getitem__, fresh)) - part
                    part |= fresh
                found.update(dict.fromkeys(part, frozenset(part)))
        return found

    def domain(self, name: str) -> Ids:
        """[servers]: domains of the finest level that rules of the application look at, or of those tied to it."""
        tree = self.snapshot.topology
        seen = [tree.level(each) for other in self.tied[name] for each in _levels(self.applications[other])]
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
        _ = self.digest, self.rows, self.standing, self.standby, self.tied, self.slots, self.stranded
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
