"""One cluster: requests to its API server, and lists that are kept up to date by watching."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

import aiohttp
from kubernetes_asyncio import client, config

Object = dict[str, Any]
TIMEOUT = 10.0
"""Seconds for an answer; a cluster that is slower counts as not reachable."""
LONGEST_LINE = 2**22
"""Bytes of an object that is watched: a client takes 128 KiB by itself, and the API server sends more than a MiB."""
APPLY = "application/apply-patch+yaml"
MERGE = "application/merge-patch+json"
GROUPS = {
    "Deployment": ("/apis/apps/v1", "deployments"),
    "Service": ("/api/v1", "services"),
    "PersistentVolumeClaim": ("/api/v1", "persistentvolumeclaims"),
    "Ingress": ("/apis/networking.k8s.io/v1", "ingresses"),
    "VirtualMachine": ("/apis/kubevirt.io/v1", "virtualmachines"),
    "Pod": ("/api/v1", "pods"),
    "Node": ("/api/v1", "nodes"),
    "Namespace": ("/api/v1", "namespaces"),
    "Secret": ("/api/v1", "secrets"),
    "Event": ("/api/v1", "events"),
    "Lease": ("/apis/coordination.k8s.io/v1", "leases"),
    "Application": ("/apis/bayplan.io/v1alpha1", "applications"),
    "Reservation": ("/apis/bayplan.io/v1alpha1", "reservations"),
    "Site": ("/apis/bayplan.io/v1alpha1", "sites"),
}


class Unreachable(Exception):  # noqa: N818 - says what the cluster is
    """No answer: the connection was refused, broke, or took too long."""


class ApiError(Exception):
    """The API server said no."""

    def __init__(self, status: int, reason: str, message: str) -> None:
        super().__init__(f"{status} {reason}: {message}")
        self.status, self.reason, self.message = status, reason, message


def path(kind: str, namespace: str | None = None, name: str | None = None, sub: str | None = None) -> str:
    """`/apis/apps/v1/namespaces/acme/deployments/render`."""
    root, plural = GROUPS[kind]
    parts = [root, *(["namespaces", namespace] if namespace else []), plural, *([name] if name else [])]
    return "/".join([*parts, *([sub] if sub else [])])


class Kube:
    """Requests with the credentials of a kubeconfig. name: of the cluster."""

    def __init__(self, name: str, api: client.ApiClient) -> None:
        self.name, self._api = name, api
        self._session: aiohttp.ClientSession = api.rest_client.pool_manager

    @staticmethod
    async def of(name: str, kubeconfig: Mapping[str, Any]) -> Kube:
        """Raises ValueError for a kubeconfig that cannot be used."""
        try:
            return Kube(name, await config.new_client_from_config_dict(dict(kubeconfig)))
        except (config.ConfigException, KeyError, TypeError) as error:
            raise ValueError(f"the kubeconfig of cluster {name} cannot be used: {error}") from error

    @staticmethod
    async def here(name: str, kubeconfig: str | None = None) -> Kube:
        """The cluster that this runs in; outside of one, that of the kubeconfig file."""
        settings = client.Configuration()
        if kubeconfig is None:
            config.load_incluster_config(client_configuration=settings)  # type: ignore[no-untyped-call]
        else:
            await config.load_kube_config(config_file=kubeconfig, client_configuration=settings)
        return Kube(name, client.ApiClient(configuration=settings))

    async def close(self) -> None:
        await self._api.close()

    async def request(
        self, method: str, where: str, body: Any = None, kind: str = "application/json", **params: str
    ) -> Object:
        """Raises ApiError, Unreachable."""
        try:
            async with asyncio.timeout(TIMEOUT):
                async with await self._send(method, where, body, kind, params) as answer:
                    return await _read(answer)
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            raise Unreachable(f"cluster {self.name}: {str(error) or type(error).__name__}") from error

    async def get(self, kind: str, namespace: str | None, name: str) -> Object | None:
        try:
            return await self.request("GET", path(kind, namespace, name))
        except ApiError as error:
            if error.status == 404:
                return None
            raise

    async def apply(self, made: Object, manager: str) -> Object:
        """Server-side apply: what we say is so, what others say besides stays."""
        metadata = made["metadata"]
        where = path(made["kind"], metadata.get("namespace"), metadata["name"])
        return await self.request("PATCH", where, made, APPLY, fieldManager=manager, force="true")

    async def delete(self, kind: str, namespace: str | None, name: str, body: Any = None) -> None:
        """What is gone already is gone."""
        try:
            await self.request("DELETE", path(kind, namespace, name), body)
        except ApiError as error:
            if error.status != 404:
                raise

    async def bind(self, namespace: str, pod: str, uid: str, server: str) -> None:
        """Through the binding subresource, as a scheduler does; only this very pod."""
        body = {
            "apiVersion": "v1",
            "kind": "Binding",
            "metadata": {"name": pod, "namespace": namespace, "uid": uid},
            "target": {"apiVersion": "v1", "kind": "Node", "name": server},
        }
        await self.request("POST", path("Pod", namespace, pod, "binding"), body)

    async def listed(self, kind: str, selector: str = "", namespace: str | None = None) -> tuple[list[Object], str]:
        """(items, resource version), in parts of 500."""
        items: list[Object] = []
        params = {"limit": "500", **({"labelSelector": selector} if selector else {})}
        while True:
            page = await self.request("GET", path(kind, namespace), **params)
            items += page["items"]
            if not (more := page["metadata"].get("continue")):
                return items, page["metadata"]["resourceVersion"]
            params["continue"] = more

    async def watch(
        self, kind: str, version: str, selector: str = "", namespace: str | None = None
    ) -> AsyncIterator[tuple[str, Object]]:
        """(ADDED, MODIFIED, DELETED or BOOKMARK, object) until the server ends it. Raises ApiError, Unreachable."""
        params = {"watch": "1", "resourceVersion": version, "allowWatchBookmarks": "true", "timeoutSeconds": "300"}
        params |= {"labelSelector": selector} if selector else {}
        more = {
            "timeout": aiohttp.ClientTimeout(total=None, sock_connect=TIMEOUT, sock_read=330),
            "read_bufsize": LONGEST_LINE,
        }
        try:
            async with await self._send(
                "GET", path(kind, namespace), None, "application/json", params, **more
            ) as answer:
                if answer.status >= 400:
                    await _read(answer)
                async for line in answer.content:
                    event = json.loads(line)
                    if event["type"] == "ERROR":
                        said = event["object"]
                        raise ApiError(said.get("code", 500), said.get("reason", ""), said.get("message", ""))
                    yield event["type"], event["object"]
        except (aiohttp.ClientError, OSError, TimeoutError, ValueError) as error:
            raise Unreachable(f"cluster {self.name}: {str(error) or type(error).__name__}") from error

    async def _send(
        self,
        method: str,
        where: str,
        body: Any,
        kind: str,
        params: Mapping[str, str],
        **more: Any,
    ) -> aiohttp.ClientResponse:
        headers = {"Content-Type": kind, "Accept": "application/json"}
        await self._api.update_params_for_auth(headers, [], ["BearerToken"])
        data = None if body is None else json.dumps(body)
        url = f"{self._api.configuration.host}{where}"
        return await self._session.request(method, url, params=dict(params), data=data, headers=headers, **more)


async def _read(answer: aiohttp.ClientResponse) -> Object:
    content = await answer.read()
    try:
        said: Object = json.loads(content) if content else {}
    except ValueError:
        said = {}
    if answer.status >= 400:
        message = said.get("message") or content[:200].decode(errors="replace")
        raise ApiError(answer.status, said.get("reason") or answer.reason or "", message)
    return said


def key(content: Mapping[str, Any]) -> tuple[str, str]:
    """(namespace, name)."""
    return content["metadata"].get("namespace") or "", content["metadata"]["name"]


def conditions(content: Mapping[str, Any]) -> Mapping[str, str]:
    rows: Sequence[Mapping[str, str]] = (content.get("status") or {}).get("conditions") or ()
    return {row["type"]: row["status"] for row in rows}
