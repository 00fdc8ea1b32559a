"""What the dispatcher knows: what is asked for, what the books placed, sites; and what follows for a cluster."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from dispatcher.families import Manifest, members, root, spec_digest, whole_digest
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
    """manifests: of applications that are not being deleted, by id. leaving: ids of those that are. placed: what the
    books have. places: sites, by name. known: the books have been read since the start."""

    manifests: dict[str, Manifest] = field(default_factory=dict)
    leaving: set[str] = field(default_factory=set)
    placed: dict[str, Placed] = field(default_factory=dict)
    places: dict[str, Place] = field(default_factory=dict)
    known: bool = False

    def settled(self, application: str) -> bool:
        """Its plan follows its specification of now."""
        manifest = self.manifests.get(application)
        return manifest is not None and self.placed.get(application, NOTHING).digest == spec_digest(manifest)

    def whole(self, application: str) -> bool:
        """All parts of its family are planned: only then a site gets something new."""
        family = members(root(application, self.manifests), self.manifests)
        return all(map(self.settled, family))

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
        if manifest is None:
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
