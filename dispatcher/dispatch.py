"""The dispatcher: applications go to the books, what the books say to the clusters, and what is so to the status."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine, Mapping
from contextlib import suppress
from typing import Any

from api.client import ServiceError
from dispatcher.books import Books
from dispatcher.families import asked, members, root
from dispatcher.kube import Kube
from dispatcher.names import identity
from dispatcher.plans import NOTHING, Knowledge
from dispatcher.reporter import Reporter
from dispatcher.settings import Settings
from dispatcher.status import Said
from dispatcher.worker import Worker

log = logging.getLogger(__name__)
RETRY = 2.0
"""Seconds after which a service that did not answer is asked again."""
SETTLE = 0.5
"""Seconds that a family is left to gather: manifests of one `kubectl apply` come one by one."""


class Dispatcher:
    """meta: the cluster where applications are. outcome: what is to be said of each application's plan."""

    def __init__(self, meta: Kube, books: Books, settings: Settings) -> None:
        self.meta, self.books, self.settings = meta, books, settings
        self.knowledge = Knowledge()
        self.workers: dict[str, Worker] = {}
        self.outcome: dict[str, Said] = {}
        self.reporter = Reporter(meta, self.knowledge, self.workers, self.outcome)
        self._due: dict[str, float] = {}
        self._wake = asyncio.Event()
        self._busy: dict[str, asyncio.Lock] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Until it is cancelled. The books come first: without them nothing is known to be wanted."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._read_books())
            group.create_task(self._plan())
            group.create_task(self.reporter.run())

    def want(self, body: Mapping[str, Any]) -> None:
        """An application is as it says from now on."""
        name = identity(body["metadata"])
        before = self.knowledge.manifests.get(name)
        self.knowledge.manifests[name] = body
        if before is None or (before["spec"], _labels(before)) != (body["spec"], _labels(body)):
            self.again(name)
        self.touch(name)

    def again(self, application: str, pause: float = SETTLE) -> None:
        """Plan its family anew in a moment."""
        head = root(application, self.knowledge.manifests)
        loop = asyncio.get_running_loop()
        due = loop.time() + pause
        if head not in self._due or pause == SETTLE or due < self._due[head]:
            self._due[head] = due
            self._wake.set()

    def touch(self, application: str) -> None:
        """Look at it in every cluster."""
        for worker in self.workers.values():
            worker.touch(application)
        self.reporter.touch(application)

    async def forget(self, application: str) -> None:
        """It was deleted: its packages go first, then its room in the books; a child does not outlive its master.

        Returns when nothing of it is left. Raises ServiceError."""
        relatives = members(root(application, self.knowledge.manifests), self.knowledge.manifests)
        self.knowledge.manifests.pop(application, None)
        await self._clear(application)
        self.outcome.pop(application, None)
        for name in relatives:
            if name != application:
                self.again(name)

    def clusters_changed(self) -> None:
        """Another kubeconfig, one more, or one less: everybody's status may say something else."""
        for name in self.knowledge.manifests:
            self.reporter.touch(name)

    def _clean(self, application: str) -> bool:
        """Nothing of it is in any cluster; one that does not answer matters only where the books have it there."""
        clusters = {self.knowledge.cluster(site) for site in self.knowledge.placed.get(application, NOTHING).servers}
        asked = [worker for name, worker in self.workers.items() if worker.synced or name in clusters]
        return clusters <= {"", *self.workers} and all(worker.clean(application) for worker in asked)

    async def _clear(self, application: str) -> None:
        """Nothing of it stays in a cluster, and then in the books."""
        self.touch(application)
        while not self._clean(application):
            await asyncio.sleep(0.1)
        if self.knowledge.placed.get(application, NOTHING).instances:
            await self.books.release(application)
        self.knowledge.placed.pop(application, None)

    async def abandon(self, server: str) -> None:
        """A server is given up: what the books have there ends, and is planned anew. Raises ServiceError."""
        for name, placed in list(self.knowledge.placed.items()):
            if any(server in servers for servers in placed.servers.values()):
                await self.books.release(name, server)
                self.again(name)

    async def _read_books(self) -> None:
        while True:
            try:
                await self.look()
            except Exception as error:
                log.warning("the books cannot be read: %s", error)
            await asyncio.sleep(self.settings.look if self.knowledge.known else 1.0)

    async def look(self) -> None:
        """What the books say now. Raises ServiceError."""
        standing, knowledge = await self.books.standing(), self.knowledge
        places, placed = dict(standing.places), dict(standing.placed)
        changed = {name for name in {*placed, *knowledge.placed} if placed.get(name) != knowledge.placed.get(name)}
        if places != knowledge.places:
            changed |= placed.keys()
        first, knowledge.known = not knowledge.known, True
        knowledge.places.clear()
        knowledge.places.update(places)
        knowledge.placed.clear()
        knowledge.placed.update(placed)
        for name in sorted(knowledge.manifests.keys() | placed.keys() if first else changed):
            self.touch(name)
            if name in knowledge.manifests:
                self.again(name)

    async def _plan(self) -> None:
        """Families whose moment has come, each on its own: a long search holds up no other."""
        loop = asyncio.get_running_loop()
        while True:
            now = loop.time()
            if self.knowledge.known:
                for head in [head for head, due in self._due.items() if due <= now]:
                    del self._due[head]
                    self._spawn(self._family(head))
            self._wake.clear()
            wait = min(self._due.values(), default=now + 60) - now if self.knowledge.known else 0.5
            with suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), max(wait, 0.02))

    async def _family(self, head: str) -> None:
        async with self._busy.setdefault(head, asyncio.Lock()):
            family = members(head, self.knowledge.manifests)
            if head not in self.knowledge.manifests:
                for name in family:
                    self.outcome[name] = Said("Planned", False, "MasterMissing", f"there is no application {head}")
                    if self.knowledge.placed.get(name, NOTHING).instances:
                        await self._orphan(name)
                    self.reporter.touch(name)
                return
            await self._place(head, family)

    async def _orphan(self, application: str) -> None:
        manifest = self.knowledge.manifests.pop(application)
        try:
            await self._clear(application)
        except Exception as error:
            log.warning("%s: %s", application, error)
            self.again(application, self.settings.retry)
        finally:
            self.knowledge.manifests.setdefault(application, manifest)

    async def _place(self, head: str, family: list[str]) -> None:
        manifests = {name: self.knowledge.manifests[name] for name in family}
        try:
            answer, standing = await self.books.place([asked(each) for each in manifests.values()])
        except ServiceError as error:
            self._unknown(family, f"Bayplan does not answer: {error}")
            self.again(head, RETRY)
            return
        for name in family:
            if name in self.knowledge.manifests:
                self.outcome[name] = answer.said
        if standing is not None:
            self.knowledge.placed.update(standing.placed)
            self.knowledge.places.update(standing.places)
        for name in family:
            self.touch(name)
        if answer.event:
            for name in family:
                self.reporter.event(name, answer.event)
        if not answer.said.status:
            self.again(head, self.settings.retry)

    def _unknown(self, family: list[str], why: str) -> None:
        """Nothing is known of their plan; what was planned before still holds."""
        for name in family:
            if not (self.knowledge.settled(name) and name in self.outcome):
                self.outcome[name] = Said("Planned", None, "BayplanUnreachable", why)
            self.reporter.touch(name)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        async def safely() -> None:
            try:
                await work
            except Exception:
                log.exception("a plan failed")

        task = asyncio.create_task(safely())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _labels(body: Mapping[str, Any]) -> Mapping[str, str]:
    return body["metadata"].get("labels") or {}
