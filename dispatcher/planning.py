"""Planning: families go to the books when their moment has come, each on its own: a long search holds up no other."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from typing import TYPE_CHECKING

from api.client import ServiceError
from dispatcher.families import asked, root
from dispatcher.plans import NOTHING
from dispatcher.status import Said
from dispatcher.tasks import Tasks

if TYPE_CHECKING:
    from dispatcher.dispatch import Dispatcher

log = logging.getLogger(__name__)
RETRY = 2.0
"""Seconds after which a service that did not answer is asked again."""
SETTLE = 0.5
"""Seconds that a family is left to gather: manifests of one `kubectl apply` come one by one."""


class Planning:
    """outcome: what is to be said of each application's plan."""

    def __init__(self, dispatcher: Dispatcher, outcome: dict[str, Said]) -> None:
        self._dispatcher, self.outcome = dispatcher, outcome
        self._knowledge, self._retry = dispatcher.knowledge, dispatcher.settings.retry
        self._due: dict[str, float] = {}
        self._wake = asyncio.Event()
        self._busy: dict[str, asyncio.Lock] = {}
        self._tasks = Tasks()

    def again(self, application: str, pause: float = SETTLE) -> None:
        """Plan its family anew in a moment."""
        head = root(application, self._knowledge.manifests)
        due = asyncio.get_running_loop().time() + pause
        if head not in self._due or pause == SETTLE or due < self._due[head]:
            self._due[head] = due
            self._wake.set()

    async def run(self) -> None:
        loop = asyncio.get_running_loop()
        await self._knowledge.known.wait()
        while True:
            now = loop.time()
            for head in [head for head, due in self._due.items() if due <= now]:
                del self._due[head]
                self._tasks.start(self._family(head), f"the plan of {head}")
            self._wake.clear()
            wait = min(self._due.values(), default=now + 60) - now
            with suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), max(wait, 0.02))

    async def _family(self, head: str) -> None:
        async with self._busy.setdefault(head, asyncio.Lock()):
            family = list(self._knowledge.family(head))
            if head in self._knowledge.manifests:
                await self._place(head, family)
                return
            for name in family:
                self.outcome[name] = Said("Planned", False, "MasterMissing", f"there is no application {head}")
                if self._knowledge.placed.get(name, NOTHING).instances:
                    await self._orphan(name)
                self._dispatcher.reporter.touch(name)

    async def _orphan(self, application: str) -> None:
        self._knowledge.leaving.add(application)
        try:
            await self._dispatcher.clear(application)
        except ServiceError as error:
            log.warning("%s: %s", application, error)
            self.again(application, self._retry)
        finally:
            self._knowledge.leaving.discard(application)

    async def _place(self, head: str, family: list[str]) -> None:
        manifests = {name: self._knowledge.manifests[name] for name in family}
        try:
            answer, standing = await self._dispatcher.books.place([asked(each) for each in manifests.values()])
        except ServiceError as error:
            self._unknown(family, f"Bayplan does not answer: {error}")
            self.again(head, RETRY)
            return
        for name in family:
            if name in self._knowledge.manifests:
                self.outcome[name] = answer.said
        if standing is not None:
            self._knowledge.booked(standing.placed, standing.places)
        for name in family:
            self._dispatcher.touch(name)
            if answer.event:
                self._dispatcher.reporter.event(name, answer.event)
        if not answer.said.status:
            self.again(head, self._retry)

    def _unknown(self, family: list[str], why: str) -> None:
        """Nothing is known of their plan; what was planned before still holds."""
        for name in family:
            if not (self._knowledge.settled(name) and name in self.outcome):
                self.outcome[name] = Said("Planned", None, "BayplanUnreachable", why)
            self._dispatcher.reporter.touch(name)
