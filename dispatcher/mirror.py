"""A mirror: all objects of one kind in one cluster, as of a moment ago, through outages."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable, Mapping

from dispatcher.kube import ApiError, Kube, Object, Unreachable, key

log = logging.getLogger(__name__)
FIRST, LONGEST = 0.2, 15.0
"""Seconds between attempts to reach a cluster."""


class Mirror:
    """changed: called with what was, and what is now, of every object that came, changed or went; None where there is
    nothing. synced: set once all is known, cleared while the cluster is not reachable. optional: a kind that the
    cluster may not know, and that is then known to be empty."""

    def __init__(
        self,
        kube: Kube,
        kind: str,
        changed: Callable[[Object | None, Object | None], None],
        selector: str = "",
        namespace: str | None = None,
        optional: bool = False,
    ) -> None:
        self.kube, self.kind, self.selector, self.namespace, self._changed = kube, kind, selector, namespace, changed
        self._optional = optional
        self.items: dict[tuple[str, str], Object] = {}
        self.synced = asyncio.Event()
        self.problem = ""

    @property
    def by_name(self) -> Mapping[str, Object]:
        return {name: each for (_, name), each in self.items.items()}

    async def run(self) -> None:
        """Until it is cancelled."""
        pause = FIRST
        while True:
            try:
                version = await self._list()
                pause = FIRST
                await self._follow(version)
            except ApiError as error:
                self.problem = str(error)
                if error.status == 404 and self._optional:
                    self.synced.set()
                elif error.status != 410:
                    self.synced.clear()
            except Unreachable as error:
                self.problem = str(error)
                self.synced.clear()
            await asyncio.sleep(pause * random.uniform(0.5, 1.0))
            pause = min(2 * pause, LONGEST)

    async def _list(self) -> str:
        items, version = await self.kube.listed(self.kind, self.selector, self.namespace)
        now = {key(each): {"kind": self.kind, **each} for each in items}
        before, self.items = self.items, now
        for name in before.keys() | now.keys():
            old, new = before.get(name), now.get(name)
            if old is None or new is None or _version(old) != _version(new):
                self._changed(old, new)
        self.problem = ""
        self.synced.set()
        return version

    async def _follow(self, version: str) -> None:
        """Watch on from a version; the server ends a watch after some minutes, which is no problem."""
        while True:
            async for what, content in self.kube.watch(self.kind, version, self.selector, self.namespace):
                version = _version(content)
                if what == "BOOKMARK":
                    continue
                old = self.items.get(key(content))
                if what == "DELETED":
                    self.items.pop(key(content), None)
                    self._changed(old or content, None)
                else:
                    self.items[key(content)] = content
                    self._changed(old, content)


def _version(content: Object) -> str:
    version: str = content["metadata"]["resourceVersion"]
    return version
