"""The dispatcher: applications go to the books, what the books say to the clusters, and what is so to the status."""

from __future__ import annotations

import asyncio
import logging

from api.client import ServiceError
from dispatcher.books import Books
from dispatcher.families import whole_digest
from dispatcher.kube import Kube, Object
from dispatcher.names import identity
from dispatcher.planning import RETRY, Planning
from dispatcher.plans import NOTHING, Knowledge
from dispatcher.reporter import Reporter
from dispatcher.settings import Settings
from dispatcher.status import Said
from dispatcher.tasks import Tasks
from dispatcher.worker import Worker

log = logging.getLogger(__name__)
LOOK = 0.1
"""Seconds between two looks at whether something is gone."""
TELL = 100
"""After so many looks it is told what is left."""


class Dispatcher:
    """meta: the cluster where applications are."""

    def __init__(self, meta: Kube, books: Books, settings: Settings) -> None:
        self.books, self.settings = books, settings
        self.knowledge = Knowledge()
        self.workers: dict[str, Worker] = {}
        outcome: dict[str, Said] = {}
        self.reporter = Reporter(meta, self.knowledge, self.workers, outcome)
        self.planning = Planning(self, outcome)
        self._tasks = Tasks()

    async def run(self) -> None:
        """Until it is cancelled; applications are known. The books come first: they say what is to be where."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._read_books())
            group.create_task(self.planning.run())
            group.create_task(self.reporter.run())

    def changed(self, old: Object | None, new: Object | None) -> None:
        """An application came, changed, is to go, or went."""
        name = identity((new or old or {})["metadata"])
        if new is not None and "deletionTimestamp" not in new["metadata"]:
            self._want(name, new)
        elif name in self.knowledge.manifests:
            self._drop(name)
            if new is None:
                self._tasks.start(self._vanished(name), f"the end of {name}")

    def _want(self, name: str, body: Object) -> None:
        before = self.knowledge.manifests.get(name)
        self.knowledge.want(name, body)
        if before is None or whole_digest(before) != whole_digest(body):
            self.planning.again(name)
            self.touch(name)

    def _drop(self, name: str) -> None:
        """Nobody asks for it any more; a child does not outlive its master."""
        relatives = list(self.knowledge.family(name))
        self.knowledge.drop(name)
        for each in relatives:
            if each != name:
                self.planning.again(each)
        self.touch(name)

    async def _vanished(self, name: str) -> None:
        """Somebody took our finalizer away: nobody waits for us, so nobody asks a second time."""
        while name not in self.knowledge.manifests:
            try:
                return await self.forget(name)
            except ServiceError as error:
                log.warning("%s: it is gone, and not from the books yet: %s", name, error)
                await asyncio.sleep(RETRY)

    def touch(self, application: str) -> None:
        """Look at it in every cluster."""
        for worker in self.workers.values():
            worker.touch(application)
        self.reporter.touch(application)

    async def forget(self, application: str) -> None:
        """It was deleted: its packages go first, then its room in the books.

        Returns when nothing of it is left. Raises ServiceError."""
        while application in self.knowledge.manifests:
            await asyncio.sleep(LOOK)  # who tells of the deletion may be ahead of our list of applications
        await self.clear(application)
        self.planning.outcome.pop(application, None)

    def clusters_changed(self) -> None:
        """Another kubeconfig, one more, or one less: everybody's status may say something else."""
        for name in self.knowledge.manifests:
            self.reporter.touch(name)

    def _clean(self, application: str) -> bool:
        """Nothing of it is in any cluster; one that does not answer matters only where the books have it there."""
        clusters = {self.knowledge.cluster(site) for site in self.knowledge.placed.get(application, NOTHING).servers}
        asked = [worker for name, worker in self.workers.items() if worker.synced or name in clusters]
        return clusters <= {"", *self.workers} and all(worker.clean(application) for worker in asked)

    def _left(self, application: str) -> list[str]:
        """What a deletion waits for, by cluster."""
        rows = {name: worker.away() or worker.holdings.left(application) for name, worker in self.workers.items()}
        return [f"cluster {name}: {row}" for name, row in rows.items() if row]

    async def clear(self, application: str) -> None:
        """Nothing of it stays in a cluster, and then in the books. Raises ServiceError."""
        await self.knowledge.known.wait()
        self.touch(application)
        looks = 0
        while not self._clean(application):
            await asyncio.sleep(LOOK)
            looks += 1
            if looks % TELL == 0:
                log.warning("%s: it is not gone yet: %s", application, "; ".join(self._left(application)))
        if self.knowledge.placed.get(application, NOTHING).instances:
            await self.books.release(application)
        self.knowledge.ended(application)

    async def abandon(self, server: str) -> None:
        """A server is given up: what the books have there ends, and is planned anew. Raises ServiceError."""
        for name, placed in list(self.knowledge.placed.items()):
            if any(server in servers for servers in placed.servers.values()):
                await self.books.release(name, server)
                self.planning.again(name)

    async def _read_books(self) -> None:
        while True:
            try:
                await self.look()
            except Exception as error:
                log.warning("the books cannot be read: %s", error)
            await asyncio.sleep(self.settings.look if self.knowledge.known.is_set() else 1.0)

    async def look(self) -> None:
        """What the books say now. Raises ServiceError."""
        knowledge, since = self.knowledge, self.knowledge.serial
        standing = await self.books.standing()
        changed = knowledge.read(standing.placed, standing.places, since)
        if not knowledge.known.is_set():
            knowledge.known.set()
            changed |= knowledge.manifests.keys()
        for name in sorted(changed):
            self.touch(name)
            if name in knowledge.manifests:
                self.planning.again(name)
