"""Sites: Site objects of the meta cluster and Nodes of clusters become the inventory of the books."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from api.client import Problem, ServiceError
from dispatcher.books import Books
from dispatcher.kube import MERGE, ApiError, Kube, Object, Unreachable, path
from dispatcher.mapping import Server, foreign, server
from dispatcher.settings import Settings
from dispatcher.status import Said, conditions, phase
from dispatcher.worker import Worker

log = logging.getLogger(__name__)
PAUSE = 0.5
"""Seconds between two looks at Nodes that change."""
Row = dict[str, Any]


class SiteObjects:
    """objects: Site objects by name. classes: what packages name in the cluster of a site."""

    def __init__(self) -> None:
        self.objects: dict[str, Mapping[str, Any]] = {}
        self.classes: dict[str, dict[str, str]] = {}
        self.changed = asyncio.Event()

    def told(self, old: Object | None, new: Object | None) -> None:
        """One came, changed or went."""
        name = (new or old or {})["metadata"]["name"]
        if new is None:
            self.objects.pop(name, None)
            self.classes.pop(name, None)
        else:
            self.objects[name] = new
            self.classes[name] = classes(new["spec"])
        self.changed.set()


def classes(spec: Mapping[str, Any]) -> dict[str, str]:
    """`storage: {local: fast}` -> `storage.local: fast`."""
    given = spec.get("classes") or {}
    flat = {key: given[key] for key in ("runtime", "ingress") if given.get(key)}
    return flat | {f"storage.{kind}": name for kind, name in (given.get("storage") or {}).items()}


def site_row(name: str, spec: Mapping[str, Any]) -> Row:
    """A Site object as a row of `sites.csv`."""
    row: Row = {"site": name, "state": spec.get("state", "online"), "cluster": spec.get("cluster") or ""}
    row |= {key: spec[key] for key in ("region", "province", "city", "carrier", "latitude", "longitude") if key in spec}
    row["capabilities"] = list(spec.get("capabilities") or ())
    return row | {f"label.{key}": value for key, value in (spec.get("labels") or {}).items()}


def server_row(each: Server) -> Row:
    """A server as a row of `servers.csv`."""
    head = {"server": each.name, "site": each.site, "rack": each.rack, "state": each.state}
    return {**head, "capabilities": list(each.capabilities), **each.capacity}


class Inventory:
    """workers: clusters that are reached. lost: when a Node that was deleted was missed first, by server. abandon:
    called with a server that is given up."""

    def __init__(
        self,
        meta: Kube,
        books: Books,
        sites: SiteObjects,
        workers: Mapping[str, Worker],
        settings: Settings,
        abandon: Callable[[str], Awaitable[None]],
    ) -> None:
        self.meta, self.books, self.sites, self.workers, self.settings = meta, books, sites, workers, settings
        self._abandon = abandon
        self.lost: dict[str, float] = {}
        self._told: dict[str, Row] = {}
        self._known: dict[str, tuple[str, Server]] = {}
        self._sites: dict[str, Row] = {}

    async def run(self) -> None:
        while True:
            await self.sites.changed.wait()
            self.sites.changed.clear()
            try:
                await self.look()
            except (ServiceError, ApiError, Unreachable) as error:
                log.warning("the inventory cannot be told: %s", error)
                asyncio.get_running_loop().call_later(5.0, self.sites.changed.set)
            await asyncio.sleep(PAUSE)

    async def look(self) -> None:
        """Tell the books what has changed. Raises ServiceError."""
        seen = {each.name: (cluster, each) for cluster, worker in self.workers.items() for each in self.seen(worker)}
        servers = {**{name: self._missed(*known) for name, known in self._known.items()}, **seen}
        for name in seen.keys() & self.lost.keys():
            del self.lost[name]
        sites = self._site_rows(servers)
        rows = {name: server_row(each) for name, (_, each) in servers.items() if each.site in sites}
        await self._tell(sites, rows)
        self._known = servers
        await self._give_up()
        await self._status(servers)

    def _missed(self, cluster: str, each: Server) -> tuple[str, Server]:
        """A Node that was there: it was deleted; or its cluster does not answer, and nothing is known."""
        worker = self.workers.get(cluster)
        if worker is None or not worker.nodes.synced.is_set():
            return cluster, each
        loop = asyncio.get_running_loop()
        if each.name not in self.lost:
            self.lost[each.name] = loop.time()
            loop.call_later(self.settings.grace, self.sites.changed.set)
        return cluster, replace(each, state="offline")

    async def _give_up(self) -> None:
        """What ran on a Node that stays away is planned anew. Raises ServiceError."""
        now = asyncio.get_running_loop().time()
        for name, since in list(self.lost.items()):
            if now - since >= self.settings.grace:
                await self._abandon(name)
                del self.lost[name], self._known[name]

    def seen(self, worker: Worker) -> list[Server]:
        """The servers of a cluster. A Node without a label of a site is of the only Site object of its cluster."""
        own = [name for name, body in self.sites.objects.items() if body["spec"].get("cluster") == worker.kube.name]
        usual = own[0] if len(own) == 1 else ""
        others: dict[str, list[Mapping[str, Any]]] = {}
        for pod in worker.pods.items.values():
            if foreign(pod):
                others.setdefault(pod["spec"]["nodeName"], []).append(pod)
        found = (
            server(node, others.get(node["metadata"]["name"], ()), self.settings.labels, usual)
            for node in worker.nodes.items.values()
        )
        return [each for each in found if each is not None]

    def _site_rows(self, servers: Mapping[str, tuple[str, Server]]) -> dict[str, Row]:
        """Site objects; where there is none, what the labels of its Nodes say."""
        rows = {name: site_row(name, body["spec"]) for name, body in self.sites.objects.items()}
        for _, (cluster, each) in sorted(servers.items()):
            if each.site not in rows:
                rows[each.site] = {"site": each.site, "state": "online", "cluster": cluster, **each.place}
            elif not rows[each.site]["cluster"]:
                rows[each.site]["cluster"] = cluster
        return rows

    async def _tell(self, sites: Mapping[str, Row], servers: Mapping[str, Row]) -> None:
        new_sites = [row for name, row in sites.items() if self._sites.get(name) != row]
        new = [row for name, row in servers.items() if self._told.get(name) != row]
        if not new_sites and not new:
            return
        try:
            await self.books.observe(new_sites, new)
        except Problem as problem:
            if len(new) + len(new_sites) <= 1:
                log.warning("%s: %s", new or new_sites, problem)  # told once: nothing else helps until it changes
            else:
                await self._one_by_one(new_sites, new)
        self._sites.update({row["site"]: row for row in new_sites})
        self._told.update({row["server"]: row for row in new})

    async def _one_by_one(self, sites: list[Row], servers: list[Row]) -> None:
        """One that cannot be told must not hold back the others."""
        for site in sites:
            await self._try([site], [])
        for each in servers:
            await self._try([], [each])

    async def _try(self, sites: list[Row], servers: list[Row]) -> None:
        try:
            await self.books.observe(sites, servers)
        except Problem as problem:
            log.warning("%s: %s", sites or servers, problem)

    async def _status(self, servers: Mapping[str, tuple[str, Server]]) -> None:
        for name, body in list(self.sites.objects.items()):
            here = [each for _, each in servers.values() if each.site == name]
            cluster = body["spec"].get("cluster") or next(
                (at for at, each in servers.values() if each.site == name), ""
            )
            worker = self.workers.get(cluster)
            if worker is None:
                said = Said("Reachable", False, "NoCluster", f"no kubeconfig for cluster {cluster or '(none named)'}")
            elif not worker.synced:
                said = Said("Reachable", False, "Unreachable", worker.away())
            else:
                said = Said("Reachable", True, "Reachable", "the cluster answers")
            before = body.get("status") or {}
            generation = body["metadata"].get("generation", 0)
            now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
            status = {
                "observedGeneration": generation,
                "phase": phase([Said("Planned", said.status, said.reason)]),
                "cluster": cluster or None,
                "servers": len(here),
                "online": sum(each.state == "online" for each in here),
                "conditions": conditions(before.get("conditions") or (), [said], generation, now),
            }
            if {**before, **status} != before:
                await self.meta.request("PATCH", path("Site", None, name, "status"), {"status": status}, MERGE)
