"""The leader: one replica of several works, the one that holds the Lease; who loses it stops at once.

As client-go elects: https://pkg.go.dev/k8s.io/client-go/tools/leaderelection"""

from __future__ import annotations

import asyncio
import logging
import time
from contextlib import suppress
from datetime import UTC, datetime

from dispatcher.kube import ApiError, Kube, Object, Unreachable, path

log = logging.getLogger(__name__)
NAME = "bayplan-dispatcher"


class Leader:
    """seconds: that the holder may be silent before another replica takes over. Clocks need not agree: who waits counts
    from when it saw the Lease change last."""

    def __init__(self, kube: Kube, namespace: str, identity: str, seconds: float) -> None:
        self.kube, self.namespace, self.identity, self.seconds = kube, namespace, identity, seconds
        self._seen: tuple[str, float] = ("", 0.0)
        self._silent = False
        self._renewed = 0.0

    async def acquire(self) -> None:
        """Returns when the Lease is ours."""
        while not await self._try():
            await asyncio.sleep(self.seconds / 6)
        log.info("%s leads", self.identity)

    async def keep(self) -> None:
        """Returns when the Lease could not be renewed in time: then another may lead."""
        while (left := self._renewed + self.seconds * 2 / 3 - time.monotonic()) > 0:
            with suppress(TimeoutError):
                async with asyncio.timeout(left):
                    await asyncio.sleep(self.seconds / 6)
                    await self._try()

    async def give_up(self) -> None:
        """Whoever waits need not wait longer."""
        try:
            lease = await self.kube.get("Lease", self.namespace, NAME)
            if lease is not None and lease["spec"].get("holderIdentity") == self.identity:
                lease["spec"]["holderIdentity"] = ""
                await self.kube.request("PUT", path("Lease", self.namespace, NAME), lease)
        except (ApiError, Unreachable) as error:
            log.info("the Lease runs out by itself: %s", error)

    async def _try(self) -> bool:
        began = time.monotonic()
        if held := await self._had():
            self._renewed = began  # others count from when they saw it, which was later
        return held

    async def _had(self) -> bool:
        try:
            lease = await self.kube.get("Lease", self.namespace, NAME)
            self._silent = False
            if lease is None:
                await self.kube.request("POST", path("Lease", self.namespace), self._lease({}))
                return True
            if not self._free(lease):
                return False
            await self.kube.request("PUT", path("Lease", self.namespace, NAME), self._lease(lease))
            return True
        except (ApiError, Unreachable) as error:
            if not (isinstance(error, ApiError) and error.status == 409):
                log.log(logging.DEBUG if self._silent else logging.WARNING, "the Lease cannot be had: %s", error)
                self._silent = True
            return False

    def _free(self, lease: Object) -> bool:
        """Ours, nobody's, or of somebody who was silent for too long."""
        spec = lease["spec"]
        if spec.get("holderIdentity") in (self.identity, "", None):
            return True
        version = lease["metadata"]["resourceVersion"]
        if self._seen[0] != version:
            self._seen = (version, time.monotonic())
        return time.monotonic() - self._seen[1] > max(float(spec.get("leaseDurationSeconds") or 0), self.seconds)

    def _lease(self, old: Object) -> Object:
        now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        before = old.get("spec") or {}
        ours = before.get("holderIdentity") == self.identity
        return {
            "apiVersion": "coordination.k8s.io/v1",
            "kind": "Lease",
            "metadata": old.get("metadata") or {"name": NAME, "namespace": self.namespace},
            "spec": {
                "holderIdentity": self.identity,
                "leaseDurationSeconds": max(round(self.seconds), 1),
                "acquireTime": before.get("acquireTime") if ours else now,
                "renewTime": now,
                "leaseTransitions": int(before.get("leaseTransitions") or 0) + (not ours),
            },
        }
