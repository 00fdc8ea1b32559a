"""Roster: the applications that run, by id and in this order, and which of them rules tie together.

It is never changed; the next one costs as much as what differs, however many run. Those of the books stay JSON until
somebody looks at them: of tens of thousands hardly any decision looks at more than a few, and read they take eight
times the memory.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache

from planner.access.caller import tenant_of
from planner.inventory.calendar import in_slices, windows_of
from planner.inventory.layers import Layers
from planner.manifests.application import Application
from planner.manifests.window import Window

Tenants = frozenset[str] | None
Given = Application | str
"""As it is, or as JSON, of which only slices of the day are left of a window: when it starts and ends is said
elsewhere."""
TIMED = "windows"


class Roster(Mapping[str, Application]):
    """tenants: whose applications are seen; None: everybody's."""

    def __init__(
        self,
        every: Layers[Given] | None = None,
        index: Layers[frozenset[str]] | None = None,
        tenants: Tenants = None,
    ) -> None:
        """index: from what a rule can name (an application, a group) to those that do; and those with windows."""
        self._every = Layers[Given]() if every is None else every
        self._index = Layers[frozenset[str]]() if index is None else index
        self._tenants = tenants

    @staticmethod
    def of(applications: Mapping[str, Application]) -> Roster:
        return applications if isinstance(applications, Roster) else Roster().changed(applications)

    def changed(self, content: Mapping[str, Given | None]) -> Roster:
        """With these applications instead of those of their ids, and without those that are None."""
        index: dict[str, set[str]] = {}
        for name, application in content.items():
            for old in _keys_of(self._every.get(name)):
                index.setdefault(old, set(self._index.get(old, ()))).discard(name)
            for new in _keys_of(application):
                index.setdefault(new, set(self._index.get(new, ()))).add(name)
        named = {key: frozenset(names) if names else None for key, names in index.items()}
        return Roster(self._every.changed(content), self._index.changed(named), self._tenants)

    def seen_by(self, tenants: frozenset[str]) -> Roster:
        return Roster(self._every, self._index, tenants if self._tenants is None else tenants & self._tenants)

    def tied(self, name: str) -> set[str]:
        """Those that a rule of this application, or of theirs, names with it; of a group, all to one and one to all."""
        found = set(self._index.get(f"names {name}", ()))
        for key in _keys_of(self[name]):
            kind, _, named = key.partition(" ")
            if kind == "names":
                found.add(named)
            elif kind == "group":
                members = self._index[key]
                first = next(iter(members))
                found.update(members if first == name else (first,))
        return {other for other in found if other != name and other in self}

    def windows(self) -> dict[str, Window]:
        """Of those that have one, or whose master has."""
        timed = [name for name in self._index.get(TIMED, ()) if name in self]
        found = {name: self[name] for name in timed}
        while timed:
            master = timed.pop()
            for name in self._index.get(f"names {master}", frozenset()) - found.keys():
                each = self[name]
                if each.spec.master is not None and each.refers_to(each.spec.master.application) == master:
                    found[name] = each
                    timed.append(name)
        return {name: window for name, window in windows_of(found).items() if window}

    def __getitem__(self, name: str) -> Application:
        if not self._isin(name):
            raise KeyError(name)
        given = self._every[name]
        return _looked_at(given) if isinstance(given, str) else given

    def __contains__(self, name: object) -> bool:
        return name in self._every and self._isin(str(name))

    def _isin(self, name: str) -> bool:
        return self._tenants is None or tenant_of(name) in self._tenants

    def __iter__(self) -> Iterator[str]:
        return iter(self._every) if self._tenants is None else filter(self._isin, self._every)

    def __len__(self) -> int:
        return len(self._every) if self._tenants is None else sum(1 for _ in self)


def _keys_of(given: Given | None) -> list[str]:
    """What of its rules ties it to others; most have no such rules."""
    if given is None:
        return []
    application = _read(given) if isinstance(given, str) else given
    spec = application.spec
    names = [name for rule in spec.apart_from for name in rule.applications]
    names += [spec.master.application] if spec.master else []
    group = [f"group {application.metadata.namespace} {spec.group}"] if spec.group is not None else []
    timed = [TIMED] if spec.window else []
    return [*group, *timed, *(f"names {application.refers_to(name)}" for name in names)]


def _read(manifest: str) -> Application:
    return in_slices(Application.model_validate_json(manifest))


_looked_at = lru_cache(maxsize=65_536)(_read)
