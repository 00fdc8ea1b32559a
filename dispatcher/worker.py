"""A worker brings one cluster in line with the books, again and again; others do not wait for it."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Mapping

from dispatcher import deliver
from dispatcher.binder import Binder
from dispatcher.holdings import Holdings
from dispatcher.kube import ApiError, Kube, Object, Unreachable, key
from dispatcher.mapping import foreign
from dispatcher.mirror import Mirror
from dispatcher.names import SELECTOR, owner
from dispatcher.package import Package, Undeliverable
from dispatcher.places import Pod
from dispatcher.plans import Knowledge
from dispatcher.status import SiteCount
from dispatcher.tasks import Tasks

log = logging.getLogger(__name__)
KINDS = ("Deployment", "Service", "Ingress", "PersistentVolumeClaim", "VirtualMachine")
PAUSE = 2.0
"""Seconds before what failed is tried again."""


class Worker:
    """changed: called with an application's label value when its counts may have changed. inventory: called when Nodes,
    or what others run on them, changed."""

    def __init__(
        self, kube: Kube, knowledge: Knowledge, changed: Callable[[str], None], inventory: Callable[[str], None]
    ) -> None:
        self.kube, self.knowledge = kube, knowledge
        self._changed, self._inventory = changed, inventory
        self.objects = {
            kind: Mirror(kube, kind, self._object, SELECTOR, optional=kind == "VirtualMachine") for kind in KINDS
        }
        self.pods = Mirror(kube, "Pod", self._pod)
        self.nodes = Mirror(kube, "Node", self._node)
        self.binder = Binder(kube, self)
        self.troubles: dict[tuple[str, str], str] = {}
        self._dirty: set[str] = set()
        self._wake = asyncio.Event()
        self._tasks = Tasks()
        self.holdings = Holdings()

    @property
    def mirrors(self) -> list[Mirror]:
        return [*self.objects.values(), self.pods, self.nodes]

    @property
    def synced(self) -> bool:
        return all(mirror.synced.is_set() for mirror in self.mirrors)

    def start(self) -> None:
        for mirror in self.mirrors:
            self._tasks.always(mirror.run, f"the list of {mirror.kind} of cluster {self.kube.name}")
        self._tasks.always(self._run, f"delivery to cluster {self.kube.name}")
        self._tasks.always(self.binder.run, f"binding in cluster {self.kube.name}")

    async def stop(self) -> None:
        await self._tasks.stop()
        await self.kube.close()

    def touch(self, application: str) -> None:
        """Look at an application again."""
        self._dirty.add(application)
        self._wake.set()

    def pods_of(self, application: str, site: str) -> Mapping[tuple[str, str], Pod]:
        return self.holdings.pods(application, site)

    def packages(self, application: str) -> dict[str, Package | Undeliverable]:
        return dict(self.knowledge.packages(application, self.kube.name))

    def count(self, application: str, site: str) -> SiteCount:
        planned = self.knowledge.placed[application].servers[site]
        pods = self.pods_of(application, site).values()
        there = [pod for pod in pods if pod.takes_room and not pod.leaving]
        right = Counter(pod.node for pod in there)
        return SiteCount(
            site=site,
            cluster=self.kube.name,
            planned=sum(planned.values()),
            made=sum(not pod.leaving for pod in pods),
            bound=sum(min(right[server], planned[server]) for server in planned),
            ready=sum(pod.ready for pod in there),
            trouble=self.troubles.get((application, site), "") or self.away(),
        )

    def away(self) -> str:
        silent = next((mirror for mirror in self.mirrors if not mirror.synced.is_set()), None)
        return "" if silent is None else silent.problem or f"cluster {self.kube.name} has not answered yet"

    async def _run(self) -> None:
        for mirror in self.mirrors:
            await mirror.synced.wait()
        await self.knowledge.known.wait()
        for application in {*self.knowledge.manifests, *self.knowledge.placed}:
            self.touch(application)
        for stray in self.holdings.applications():
            self.touch(stray)
        while True:
            await self._wake.wait()
            self._wake.clear()
            dirty, self._dirty = sorted(self._dirty), set()
            await asyncio.gather(*map(self._look, dirty))

    def clean(self, application: str) -> bool:
        """Nothing of it is left here; a cluster that does not answer may have something."""
        return self.synced and not self.holdings.any(application)

    def made(self, live: Object) -> None:
        """As the API server answered to an apply; the mirror will say the same."""
        items = self.objects[live["kind"]].items
        before = items.get(key(live))
        items[key(live)] = live
        self.holdings.object(before, live)

    async def _look(self, application: str) -> None:
        if not (self.holdings.any(application) or self.knowledge.sites(application, self.kube.name)):
            return
        try:
            if await deliver.deliver(self, application):
                self.binder.touch(application)
            else:
                self._later(application)
        except (ApiError, Unreachable) as error:
            log.warning("%s: %s: %s", self.kube.name, application, error)
            self._failed(application, error)
        except Exception as error:
            log.exception("%s: %s", self.kube.name, application)
            self._failed(application, error)
        self._changed(application)

    def _failed(self, application: str, error: Exception) -> None:
        """It must not hold up other applications."""
        for site in self.knowledge.sites(application, self.kube.name):
            self.troubles[application, site] = str(error) or type(error).__name__
        self._later(application)

    def _later(self, application: str) -> None:
        asyncio.get_running_loop().call_later(PAUSE, self.touch, application)

    def _object(self, old: Object | None, new: Object | None) -> None:
        """Somebody touched one of our objects: see whether it is still as it should be."""
        if application := self.holdings.object(old, new):
            self.touch(application)

    def _pod(self, old: Object | None, new: Object | None) -> None:
        for application in self.holdings.pod(old, new):
            self.binder.touch(application)
            self._changed(application)
        if any(content is not None and not owner(content)[0] and foreign(content) for content in (old, new)):
            self._inventory(self.kube.name)

    def _node(self, old: Object | None, new: Object | None) -> None:
        self._inventory(self.kube.name)
