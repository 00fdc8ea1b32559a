"""Deliver: the objects of an application's packages are made, kept as they should be, and taken away."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from dispatcher.kube import ApiError, Kube, Object, key, path
from dispatcher.names import MANAGED, MANAGER, owner
from dispatcher.package import Package, Undeliverable
from dispatcher.places import match

if TYPE_CHECKING:
    from dispatcher.worker import Worker

log = logging.getLogger(__name__)
AT_ONCE = 16
"""Requests to one cluster at the same time."""
COST = "controller.kubernetes.io/pod-deletion-cost"


async def deliver(worker: Worker, application: str) -> bool:
    """Whether all of it is there now. Raises ApiError, Unreachable."""
    knowledge = worker.knowledge
    packages = worker.packages(application)
    wanted: dict[tuple[str, str, str], Object] = {}
    stays: set[str] = set()
    fresh = knowledge.whole(application)
    present = {owner(item)[1] for item in worker.holdings.objects(application)}
    for site, each in packages.items():
        if isinstance(each, Undeliverable):
            worker.troubles[application, site] = str(each)
            stays.add(site)
        elif not fresh and site not in present:
            worker.troubles[application, site] = "waits until all parts of its package are planned"
            stays.add(site)
        else:
            wanted |= {(made["kind"], *key(made)): made for made in each.objects}
    await _spare(worker, application, packages)
    await _apply(worker, wanted)
    await _prune(worker, application, wanted, stays)
    for site in packages.keys() - stays:
        worker.troubles.pop((application, site), None)
    return not stays


async def _apply(worker: Worker, wanted: Mapping[tuple[str, str, str], Object]) -> None:
    """Only what is not as it should be."""
    todo = [
        made
        for (kind, *name), made in wanted.items()
        if not covers(made, worker.objects[kind].items.get((name[0], name[1])))
    ]
    for namespace in sorted({made["metadata"]["namespace"] for made in todo}):
        await _namespace(worker.kube, namespace)
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(made: Object) -> None:
        async with gate:
            worker.made(await worker.kube.apply(made, MANAGER))

    await _all(one(made) for made in todo)


async def _namespace(kube: Kube, name: str) -> None:
    """The tenant's; it is there already in most clusters."""
    try:
        if await kube.get("Namespace", None, name) is None:
            content = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": dict(MANAGED)}}
            await kube.request("POST", path("Namespace"), content)
    except ApiError as error:
        if error.status != 409:
            raise


async def _prune(
    worker: Worker, application: str, wanted: Mapping[tuple[str, str, str], Object], stays: set[str]
) -> None:
    """What is ours and wanted no more; pods and disks go with what made them."""
    gone = [
        item
        for item in worker.holdings.objects(application)
        if owner(item)[1] not in stays
        and (item["kind"], *key(item)) not in wanted
        and "deletionTimestamp" not in item["metadata"]
    ]
    body = {"apiVersion": "v1", "kind": "DeleteOptions", "propagationPolicy": "Foreground"}
    await _all(worker.kube.delete(item["kind"], *key(item), body) for item in gone)


async def _spare(worker: Worker, application: str, packages: Mapping[str, Package | Undeliverable]) -> None:
    """Before a Deployment gets fewer: the pods that the plan has no place for are the cheapest to lose.

    https://kubernetes.io/docs/concepts/workloads/controllers/replicaset/#pod-deletion-cost"""
    patch = {"metadata": {"annotations": {COST: "-1000"}}}
    for site, each in packages.items():
        if isinstance(each, Undeliverable) or not any(made["kind"] == "Deployment" for made in each.objects):
            continue
        live = worker.objects["Deployment"].items.get((each.namespace, each.name))
        if live is None or live["spec"].get("replicas", 0) <= each.instances:
            continue
        surplus = match(worker.pods_of(application, site).values(), each.servers).surplus
        await _all(
            worker.kube.request("PATCH", path("Pod", pod.namespace, pod.name), patch, "application/merge-patch+json")
            for pod in surplus
        )


async def _all(todo: Iterable[Any]) -> None:
    """All of them, also when one fails; then the first failure is raised."""
    done = await asyncio.gather(*todo, return_exceptions=True)
    for each in done:
        if isinstance(each, BaseException):
            raise each


def covers(made: Any, live: Any) -> bool:
    """Everything that we say of an object is so; it may have more, which others, or defaults, say."""
    if isinstance(made, Mapping):
        return isinstance(live, Mapping) and all(covers(value, live.get(name)) for name, value in made.items())
    if isinstance(made, list | tuple):
        rows = live if isinstance(live, list) else []
        return len(rows) == len(made) and all(map(covers, made, rows))
    return bool(made == live) or (not made and live is None)
