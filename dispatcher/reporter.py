"""The reporter writes what is so under each application: conditions, counts per site, and events."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from dispatcher.families import wanted
from dispatcher.kube import MERGE, ApiError, Kube, Object, Unreachable, path
from dispatcher.names import MANAGER, parted
from dispatcher.plans import NOTHING, Knowledge
from dispatcher.status import Said, SiteCount, conditions, phase, progress, short
from dispatcher.worker import Worker

log = logging.getLogger(__name__)
PAUSE = 0.3
"""Seconds between two looks: pods come in crowds, and one status is enough for many."""


class Reporter:
    def __init__(
        self, meta: Kube, knowledge: Knowledge, workers: Mapping[str, Worker], outcome: Mapping[str, Said]
    ) -> None:
        self.meta, self.knowledge, self.workers, self.outcome = meta, knowledge, workers, outcome
        self._dirty: set[str] = set()
        self._wake = asyncio.Event()
        self._told: dict[str, Object] = {}
        self._events: list[tuple[str, Said]] = []

    def touch(self, application: str) -> None:
        self._dirty.add(application)
        self._wake.set()

    def event(self, application: str, said: Said) -> None:
        """To be told as an Event, besides the condition."""
        self._events.append((application, said))
        self._wake.set()

    async def run(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            dirty, self._dirty = sorted(self._dirty), set()
            events, self._events = self._events, []
            await asyncio.gather(*map(self._status, dirty), *(self._event(*each) for each in events))
            await asyncio.sleep(PAUSE)

    def status(self, application: str) -> Object:
        """As it should be written; `conditions` with the times of those that did not change."""
        manifest = self.knowledge.manifests[application]
        generation = manifest["metadata"].get("generation", 0)
        placed = self.knowledge.placed.get(application, NOTHING)
        sites = self.counts(application)
        said = [self.outcome.get(application) or Said("Planned", None, "Pending", "not planned yet")]
        if sites:
            said += progress(sites)
        before = self._told.get(application) or manifest.get("status") or {}
        now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        return {
            "observedGeneration": generation,
            "phase": phase(said),
            "plan": placed.plan or before.get("plan"),
            "wanted": wanted([manifest]) or (placed.instances or None),
            "planned": placed.instances,
            "bound": sum(site.bound for site in sites),
            "ready": sum(site.ready for site in sites),
            "siteCount": len(sites),
            "sites": [site.row() for site in sites],
            "conditions": conditions(before.get("conditions") or (), said, generation, now),
        }

    def counts(self, application: str) -> list[SiteCount]:
        rows = []
        for site, servers in sorted(self.knowledge.placed.get(application, NOTHING).servers.items()):
            cluster = self.knowledge.cluster(site)
            worker = self.workers.get(cluster)
            if worker is not None:
                rows.append(worker.count(application, site))
            else:
                trouble = f"no kubeconfig for cluster {cluster}" if cluster else "the site has no cluster"
                rows.append(SiteCount(site, cluster, sum(servers.values()), trouble=trouble))
        return rows

    async def _status(self, application: str) -> None:
        if application not in self.knowledge.manifests:
            self._told.pop(application, None)
            return
        status = self.status(application)
        if status == self._told.get(application):
            return
        namespace, name = parted(application)
        try:
            where = path("Application", namespace, name, "status")
            await self.meta.request("PATCH", where, {"status": status}, MERGE)
            self._told[application] = status
        except (ApiError, Unreachable) as error:
            if not (isinstance(error, ApiError) and error.status == 404):
                log.warning("%s: its status cannot be written: %s", application, error)
                asyncio.get_running_loop().call_later(2.0, self.touch, application)

    async def _event(self, application: str, said: Said) -> None:
        manifest = self.knowledge.manifests.get(application)
        if manifest is None:
            return
        namespace, name = parted(application)
        try:
            await self.meta.request("POST", path("Event", namespace), _event(manifest, namespace, name, said))
        except (ApiError, Unreachable) as error:
            log.warning("%s: an event cannot be written: %s", application, error)


def _event(manifest: Mapping[str, Any], namespace: str, name: str, said: Said) -> Object:
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"name": f"{name[:200]}.{uuid4().hex[:16]}", "namespace": namespace},
        "involvedObject": {
            "apiVersion": "bayplan.io/v1alpha1",
            "kind": "Application",
            "namespace": namespace,
            "name": name,
            "uid": manifest["metadata"].get("uid"),
        },
        "type": "Normal" if said.status else "Warning",
        "reason": said.reason,
        "message": short(said.message),
        "source": {"component": MANAGER},
        "firstTimestamp": now,
        "lastTimestamp": now,
        "count": 1,
    }
