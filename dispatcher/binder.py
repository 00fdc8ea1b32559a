"""The binder gives each pending pod to the server that the plan names for it, and to no other."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from dispatcher.kube import ApiError, Kube, Object, Unreachable, key
from dispatcher.places import Pod, match
from dispatcher.plans import NOTHING

if TYPE_CHECKING:
    from dispatcher.worker import Worker

log = logging.getLogger(__name__)
AT_ONCE = 32
"""Bindings on their way to one API server at the same time."""
SELECTED = "volume.kubernetes.io/selected-node"
"""Annotation by which a scheduler tells where a disk that waits for its first consumer is to be made."""
PAUSE = 1.0


class Binder:
    """Of one cluster. Pods that were bound, and that the mirror does not know of yet, are remembered as bound."""

    def __init__(self, kube: Kube, worker: Worker) -> None:
        self._kube, self._worker = kube, worker
        self._dirty: set[str] = set()
        self._wake = asyncio.Event()
        self._gate = asyncio.Semaphore(AT_ONCE)
        self._done: dict[str, str] = {}

    def touch(self, application: str) -> None:
        self._dirty.add(application)
        self._wake.set()

    async def run(self) -> None:
        await self._worker.knowledge.known.wait()
        while True:
            await self._worker.pods.synced.wait()
            await self._wake.wait()
            self._wake.clear()
            dirty, self._dirty = sorted(self._dirty), set()
            await asyncio.gather(*map(self._match, dirty))
            await asyncio.sleep(0.02)  # events come in crowds

    async def _match(self, application: str) -> None:
        try:
            for site in self._worker.knowledge.sites(application, self._kube.name):
                await self._site(application, site)
        except Exception as error:
            known = isinstance(error, ApiError | Unreachable)
            log.warning("%s: %s: %s", self._kube.name, application, error, exc_info=not known)
            asyncio.get_running_loop().call_later(PAUSE, self.touch, application)

    async def _site(self, application: str, site: str) -> None:
        knowledge = self._worker.knowledge
        servers = knowledge.placed.get(application, NOTHING).servers.get(site, {})
        there = self._worker.nodes.by_name
        matching = match(map(self._known, self._worker.pods_of(application, site).values()), servers)
        bindings = [(pod, server) for pod, server in matching.bind if server in there]
        done = await asyncio.gather(*(self._bind(pod, server) for pod, server in bindings), return_exceptions=True)
        if knowledge.settled(application) and (matching.waiting or not matching.bind):
            # a pod that stands where nothing is planned makes room for one in its place
            await asyncio.gather(
                *(self._kube.delete("Pod", pod.namespace, pod.name, _only(pod)) for pod in matching.surplus)
            )
        for each in done:
            if isinstance(each, BaseException):
                raise each

    def _known(self, pod: Pod) -> Pod:
        """With what we did and the mirror has not seen yet."""
        server = self._done.get(pod.uid)
        if server is None:
            return pod
        if pod.node:
            del self._done[pod.uid]
            return pod
        return Pod(**{**{name: getattr(pod, name) for name in Pod.__slots__}, "node": server})

    async def _bind(self, pod: Pod, server: str) -> None:
        async with self._gate:
            await self._disks(pod, server)
            self._done[pod.uid] = server
            try:
                await self._kube.bind(pod.namespace, pod.name, pod.uid, server)
            except ApiError as error:
                self._done.pop(pod.uid, None)
                if error.status not in (404, 409):  # gone, or bound already: the mirror will tell
                    raise
            except Unreachable:
                self._done.pop(pod.uid, None)  # it may have happened or not: the mirror will tell
                raise

    async def _disks(self, pod: Pod, server: str) -> None:
        """A disk that waits for its first consumer learns from its scheduler, which we are, where that is."""
        content = self._worker.pods.items.get((pod.namespace, pod.name))
        for claim in claims(content or {}):
            live = await self._kube.get("PersistentVolumeClaim", pod.namespace, claim)
            notes = ((live or {}).get("metadata") or {}).get("annotations") or {}
            if live is None:
                raise ApiError(404, "NotFound", f"pod {pod.name} waits for its disk {claim} to be made")
            if not live["spec"].get("volumeName") and SELECTED not in notes:
                patch = {"metadata": {"annotations": {SELECTED: server}}}
                where = f"/api/v1/namespaces/{pod.namespace}/persistentvolumeclaims/{claim}"
                await self._kube.request("PATCH", where, patch, "application/merge-patch+json")


def claims(pod: Object) -> list[str]:
    """Names of the disks that a pod mounts."""
    names = []
    for volume in (pod.get("spec") or {}).get("volumes") or ():
        if named := (volume.get("persistentVolumeClaim") or {}).get("claimName"):
            names.append(named)
        elif "ephemeral" in volume:
            names.append(f"{key(pod)[1]}-{volume['name']}")
    return names


def _only(pod: Pod) -> Object:
    """Delete this very pod, not one of the same name that came since."""
    return {"apiVersion": "v1", "kind": "DeleteOptions", "preconditions": {"uid": pod.uid}}
