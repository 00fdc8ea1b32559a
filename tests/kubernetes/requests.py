"""Requests to a control plane without a process for each: `kubectl` takes a tenth of a second of processor time."""

from __future__ import annotations

import ssl
from base64 import b64decode
from collections.abc import Mapping
from typing import Any

import httpx

from dispatcher.kube import MERGE, path

Object = dict[str, Any]
HEADERS = {"Content-Type": MERGE}
STRATEGIC = {"Content-Type": "application/strategic-merge-patch+json"}


def connection(content: Mapping[str, Any]) -> httpx.Client:
    """With the credentials of a kubeconfig that has one cluster and one user with a token."""
    server, user = content["clusters"][0]["cluster"], content["users"][0]["user"]
    trust = ssl.create_default_context(cadata=b64decode(server["certificate-authority-data"]).decode())
    headers = {"Authorization": f"Bearer {user['token']}"}
    return httpx.Client(base_url=server["server"], headers=headers, verify=trust, trust_env=False, timeout=30)


class Requests:
    """What fails raises AssertionError with what the API server said, so that it can be waited for."""

    def __init__(self, content: Mapping[str, Any]) -> None:
        self._http = connection(content)

    def items(self, kind: str, namespace: str | None = None, selector: str = "") -> list[Object]:
        found: list[Object] = self.send("GET", path(kind, namespace), labelSelector=selector)["items"]
        return found

    def get(self, kind: str, namespace: str | None, name: str) -> Object:
        return self.send("GET", path(kind, namespace, name))

    def patch(self, kind: str, namespace: str | None, name: str, content: Object, sub: str | None = None) -> Object:
        return self.send("PATCH", path(kind, namespace, name, sub), content)

    def send(self, method: str, where: str, content: Object | None = None, **params: str) -> Object:
        try:
            headers = HEADERS if method == "PATCH" else None
            answer = self._http.request(method, where, params=params, json=content, headers=headers)
        except httpx.HTTPError as error:
            raise AssertionError(f"{method} {where}: {error!r}") from error
        assert answer.status_code < 400, f"{method} {where}: {answer.text[:500]}"
        said: Object = answer.json()
        return said

    def close(self) -> None:
        self._http.close()
