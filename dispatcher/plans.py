"""What the dispatcher knows: what is asked for, what the books placed, sites; and what follows for a cluster."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from dispatcher.families import Manifest, families, master, root, spec_digest, whole_digest
from dispatcher.package import Package, Place, Undeliverable, marked, package


@dataclass(frozen=True, slots=True)
class Placed:
    """What the books have of an application. digest: of the specification that was planned. plan: its name, where it is
    known. servers: instances by site and server."""

    digest: str = ""
    plan: str = ""
    servers: Mapping[str, Mapping[str, int]] = field(default_factory=dict)

    @property
    def instances(self) -> int:
        return sum(count for servers in self.servers.values() for count in servers.values())


NOTHING = Placed()


@dataclass(slots=True)
class Knowledge:
    """manifests: of applications that are not being deleted, by id. leaving: ids of those that are to have nothing,
    whatever they ask for. placed: what the books have. places: sites, by name. known: the books have been read since
    the start; applications were before."""

    manifests: dict[str, Manifest] = field(default_factory=dict)
    leaving: set[str] = field(default_factory=set)
    placed: dict[str, Placed] = field(default_factory=dict)
    places: dict[str, Place] = field(default_factory=dict)
    known: asyncio.Event = field(default_factory=asyncio.Event)
    serial: int = 0
    """Of the last change that was made by us."""
    _ours: dict[str, int] = field(default_factory=dict)
    _families: dict[str, list[str]] | None = None

    def want(self, application: str, manifest: Manifest) -> None:
        before = self.manifests.get(application)
        self.manifests[application] = manifest
        if before is None or master(before) != master(manifest):
            self._families = None

    def drop(self, application: str) -> None:
        del self.manifests[application]
        self._families = None

    def family(self, application: str) -> list[str]:
        """All that are asked for of its family, masters before their children."""
        if self._families is None:
            self._families = families(self.manifests)
        return self._families.get(root(application, self.manifests), [])

    def booked(self, placed: Mapping[str, Placed], places: Mapping[str, Place]) -> None:
        """As the books answered when we asked for something."""
        self._mark(placed)
        self.placed.update(placed)
        self.places.update(places)

    def ended(self, application: str) -> None:
        """It was released by us."""
        self._mark([application])
        self.placed.pop(application, None)

    def read(self, placed: Mapping[str, Placed], places: Mapping[str, Place], since: int) -> set[str]:
        """As the books said to a question that was put when our last change was `since`: of what we changed later, the
        answer may tell how it was before. Ids of applications for which something is otherwise now."""
        later = {name for name, serial in self._ours.items() if serial > since}
        now = {name: each for name, each in placed.items() if name not in later}
        now |= {name: each for name, each in self.placed.items() if name in later}
        sites = {**self.places, **places} if later else dict(places)
        changed = {name for name in {*now, *self.placed} if now.get(name) != self.placed.get(name)}
        if sites != self.places:
            changed |= now.keys()
        self.placed, self.places = now, sites
        return changed

    def _mark(self, applications: Iterable[str]) -> None:
        self.serial += 1
        self._ours.update(dict.fromkeys(applications, self.serial))

    def settled(self, application: str) -> bool:
        """Its plan follows its specification of now."""
        manifest = self.manifests.get(application)
        return manifest is not None and self.placed.get(application, NOTHING).digest == spec_digest(manifest)

    def whole(self, application: str) -> bool:
        """All parts of its family are planned: only then a site gets something new."""
        return all(map(self.settled, self.family(application)))

    def cluster(self, site: str) -> str:
        place = self.places.get(site)
        return place.cluster if place else ""

    def sites(self, application: str, cluster: str) -> list[str]:
        """Where it has instances in the cluster."""
        placed = self.placed.get(application, NOTHING).servers
        return sorted(site for site in placed if self.cluster(site) == cluster)

    def packages(self, application: str, cluster: str) -> Iterator[tuple[str, Package | Undeliverable]]:
        """(site, its package, or why there is none) of every site of the cluster."""
        manifest = self.manifests.get(application)
        if manifest is None or application in self.leaving:
            return
        for site in self.sites(application, cluster):
            yield site, self._package(application, manifest, site)

    def _package(self, application: str, manifest: Manifest, site: str) -> Package | Undeliverable:
        servers = self.placed[application].servers[site]
        try:
            made = package(manifest, application, self.places[site], servers)
        except (Undeliverable, ValueError) as error:
            return error if isinstance(error, Undeliverable) else Undeliverable(str(error))
        return marked(made, whole_digest(manifest), _owner(manifest))


def _owner(manifest: Mapping[str, Any]) -> str:
    return str(manifest["metadata"].get("uid") or "")
