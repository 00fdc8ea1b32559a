"""`bayplan-dispatcher`: one replica of the dispatcher, which waits until it leads and works as long as it does."""

from __future__ import annotations

import asyncio
import base64
import logging
import signal
import sys
from contextlib import suppress
from typing import Any

import kopf
import yaml

from api.client import AsyncClient, Terms
from dispatcher.books import Books
from dispatcher.controller import controller
from dispatcher.dispatch import Dispatcher
from dispatcher.kube import Kube, Object
from dispatcher.leader import Leader
from dispatcher.mirror import Mirror
from dispatcher.names import CLUSTER
from dispatcher.promises import Promises
from dispatcher.settings import Settings
from dispatcher.sites import Inventory, SiteObjects
from dispatcher.worker import Worker

log = logging.getLogger("dispatcher")
PATIENCE = Terms(timeout=30.0, retries=2, patience=5.0)


def main() -> None:
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s", stream=sys.stderr)
    for name in ("kopf", "httpx", "kubernetes_asyncio"):
        logging.getLogger(name).setLevel(logging.WARNING)
    try:
        settings = Settings.read()
    except (ValueError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(2)
    sys.exit(asyncio.run(run(settings)))


async def run(settings: Settings) -> int:
    """The exit code: 0 when told to stop, 1 when it leads no more, or a part of it failed: start it again."""
    meta = await Kube.here(settings.here or "meta", settings.kubeconfig)
    stop = asyncio.Event()
    for each in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(each, stop.set)
    leader = Leader(meta, settings.namespace, settings.identity, settings.lease)
    try:
        if not await _first(leader.acquire(), stop.wait()):
            return 0
        await _first(_lead(meta, settings), leader.keep(), stop.wait())
        await leader.give_up()
        return 0 if stop.is_set() else 1
    finally:
        await meta.close()


async def _first(work: Any, *others: Any) -> bool:
    """Until the first of them ends; whether that is `work`. Raises what it raises; the others are cancelled."""
    tasks = [asyncio.ensure_future(each) for each in (work, *others)]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
        return tasks[0] in done
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _lead(meta: Kube, settings: Settings) -> None:
    """Everything that one replica does for all: first it learns all that is asked for, as what nobody asks for is taken
    away. Ends only by failing, or when it is cancelled."""
    async with AsyncClient(settings.url, settings.key, PATIENCE) as client:
        sites = SiteObjects()
        dispatcher = Dispatcher(meta, Books(client, sites.classes), settings)
        inventory = Inventory(meta, dispatcher.books, sites, dispatcher.workers, settings, dispatcher.abandon)
        clusters = Clusters(dispatcher, sites)
        asked = [
            Mirror(meta, "Application", dispatcher.changed),
            Mirror(meta, "Site", sites.told),
            Mirror(meta, "Secret", clusters.changed, CLUSTER, settings.namespace),
        ]
        registry = controller(dispatcher, Promises(meta, client), settings)
        try:
            if settings.here:
                await clusters.start(await Kube.here(settings.here, settings.kubeconfig))
            async with asyncio.TaskGroup() as group:
                for mirror in asked:
                    group.create_task(mirror.run())
                for mirror in asked:
                    await mirror.synced.wait()
                group.create_task(clusters.run())
                group.create_task(inventory.run())
                group.create_task(dispatcher.run())
                group.create_task(kopf.operator(registry=registry, clusterwide=True, standalone=True))
        finally:
            await clusters.close()


class Clusters:
    """A worker for each Secret with the label `bayplan.io/cluster`, whose value is the name of the cluster."""

    def __init__(self, dispatcher: Dispatcher, sites: SiteObjects) -> None:
        self.dispatcher, self.sites = dispatcher, sites
        self._todo: asyncio.Queue[tuple[str, Object | None]] = asyncio.Queue()

    def changed(self, old: Object | None, new: Object | None) -> None:
        if old is not None and (new is None or _cluster(old) != _cluster(new)):
            self._todo.put_nowait((_cluster(old), None))
        if new is not None and (old is None or old.get("data") != new.get("data")):
            self._todo.put_nowait((_cluster(new), new))

    async def run(self) -> None:
        while True:
            name, secret = await self._todo.get()
            if (before := self.dispatcher.workers.pop(name, None)) is not None:
                await before.stop()
            if secret is not None:
                with suppress(ValueError):
                    await self.start(await Kube.of(name, _kubeconfig(secret)))
            self.sites.changed.set()
            self.dispatcher.clusters_changed()

    async def start(self, kube: Kube) -> None:
        def nodes(_: str) -> None:
            self.sites.changed.set()

        worker = Worker(kube, self.dispatcher.knowledge, self.dispatcher.reporter.touch, nodes)
        self.dispatcher.workers[kube.name] = worker
        worker.start()

    async def close(self) -> None:
        for worker in self.dispatcher.workers.values():
            await worker.stop()


def _cluster(secret: Object) -> str:
    name: str = secret["metadata"]["labels"][CLUSTER]
    return name


def _kubeconfig(secret: Object) -> dict[str, Any]:
    """Raises ValueError when there is none."""
    try:
        content = yaml.safe_load(base64.b64decode(secret["data"]["kubeconfig"]))
    except (KeyError, ValueError, yaml.YAMLError) as error:
        log.error("Secret %s has no kubeconfig: %s", secret["metadata"]["name"], error)
        raise ValueError(str(error)) from error
    if not isinstance(content, dict):
        raise ValueError("no mapping")
    return content


if __name__ == "__main__":
    main()
