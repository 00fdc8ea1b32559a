"""Roster: the applications that run, by id and in this order, and which of them rules tie together.

It is never changed; the next one costs as much as what differs, however many run.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from planner.inventory.layers import Layers
from planner.manifests.application import Application

Tenants = frozenset[str] | None


class Roster(Mapping[str, Application]):
    """tenants: whose applications are seen; None: everybody's."""

    def __init__(
        self,
        every: Layers[Application] | None = None,
        index: Layers[frozenset[str]] | None = None,
        tenants: Tenants = None,
    ) -> None:
        """index: from what a rule can name (an application, a group) to those that do."""
        self._every = Layers[Application]() if every is None else every
        self._index = Layers[frozenset[str]]() if index is None else index
        self._tenants = tenants

    @staticmethod
    def of(applications: Mapping[str, Application]) -> Roster:
        return applications if isinstance(applications, Roster) else Roster().changed(applications)

    def changed(self, content: Mapping[str, Application | None]) -> Roster:
        """With these applications instead of those of their ids, and without those that are None."""
        index: dict[str, set[str]] = {}
        for name, application in content.items():
            for old in keys_of(self._every.get(name)):
                index.setdefault(old, set(self._index.get(old, ()))).discard(name)
            for new in keys_of(application):
                index.setdefault(new, set(self._index.get(new, ()))).add(name)
        named = {key: frozenset(names) if names else None for key, names in index.items()}
        return Roster(self._every.changed(content), self._index.changed(named), self._tenants)

    def seen_by(self, tenants: frozenset[str]) -> Roster:
        return Roster(self._every, self._index, tenants if self._tenants is None else tenants & self._tenants)

    def tied(self, name: str) -> set[str]:
        """Those that a rule of this application, or of theirs, names with it; of a group, all to one and one to all."""
        found = set(self._index.get(f"names {name}", ()))
        for key in keys_of(self[name]):
            kind, _, named = key.partition(" ")
            if kind == "names":
                found.add(named)
                continue
            members = self._index[key]
            first = next(iter(members))
            found.update(members if first == name else (first,))
        return {other for other in found if other != name and other in self}

    def __getitem__(self, name: str) -> Application:
        application = self._every[name]
        if self._tenants is not None and application.metadata.namespace not in self._tenants:
            raise KeyError(name)
        return application

    def __iter__(self) -> Iterator[str]:
        return iter(self._every) if self._tenants is None else (name for name in self._every if name in self)

    def __len__(self) -> int:
        return len(self._every) if self._tenants is None else sum(1 for _ in self)


def keys_of(application: Application | None) -> list[str]:
    """What of its rules ties it to others; most have no such rules."""
    if application is None:
        return []
    spec = application.spec
    names = [name for rule in spec.apart_from for name in rule.applications]
    names += [spec.master.application] if spec.master else []
    group = [f"group {application.metadata.namespace} {spec.group}"] if spec.group is not None else []
    return [*group, *(f"names {application.refers_to(name)}" for name in names)]
