"""/docs and /openapi.json: complete, true, and without a network."""

from __future__ import annotations

import re
from typing import Any

import httpx
import pytest


def references(node: Any) -> set[str]:
    if isinstance(node, dict):
        own = {node["$ref"]} if isinstance(node.get("$ref"), str) else set()
        return own.union(*(references(each) for each in node.values()))
    return set().union(*(references(each) for each in node)) if isinstance(node, list) else set()


def test_openapi_names_every_operation_and_resolves_every_reference(client: httpx.Client) -> None:
    document = client.get("/openapi.json").json()
    operations = {route["operationId"] for path in document["paths"].values() for route in path.values()}
    later = {f"{verb}{noun}" for verb in ("get", "cancel", "watch") for noun in ("Plan", "Explanation")}
    later |= {"startWhatIf", "listWhatIfs", "getWhatIf", "cancelWhatIf", "getWhatIfResult", "compareWhatIfs"}
    places = {"listSites", "getSite", "listServers", "getServer"}
    assert operations == {"solve", "explain", "health", "ready", "metrics"} | later | places
    assert references(document) <= {f"#/components/schemas/{name}" for name in document["components"]["schemas"]}


@pytest.mark.parametrize("path", ["/v1/solve", "/v1/explain"])
def test_the_example_is_a_request_that_works(client: httpx.Client, path: str) -> None:
    document = client.get("/openapi.json").json()
    example = document["paths"][path]["post"]["requestBody"]["content"]["application/json"]["example"]
    answer = client.post(path, json=example)
    assert answer.status_code == 200
    assert any(answer.json()[key] for key in ("placements", "unplaced", "refused", "fits") if key in answer.json())


def test_the_pages_need_no_network(client: httpx.Client) -> None:
    page = client.get("/docs")
    assert page.status_code == 200
    assets = re.findall(r'(?:src|href)="([^"]+)"', page.text)
    assert assets
    for asset in assets:
        assert asset.startswith("/")
        assert client.get(asset).status_code == 200


def test_health(client: httpx.Client) -> None:
    health = client.get("/healthz").json()
    assert health["status"] == "ok"
    assert (health["sites"], health["servers"]) == (60, 2000)
