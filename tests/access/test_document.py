"""Every operation under generated requests, with keys of each scope: no failure, no breach of the document, no leak.

`HYPOTHESIS_PROFILE=deep pytest tests/access/test_document.py` asks for much more.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import httpx
import pytest
import schemathesis
from fastapi import FastAPI
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.strategies import one_of
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from api.http.access import Access
from api.http.app import create_app
from api.http.server import Server, bind
from api.workers.start import pool
from planner.access.caller import SCOPES
from planner.access.keyring import Keyring
from planner.ledger.books import Books
from tests.access.conftest import bearer, reopened, token
from tests.access.test_tenants import SECRETS, application, body

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
DEEP = os.environ.get("HYPOTHESIS_PROFILE") == "deep"
EXAMPLES = 100 if DEEP else 3
MODES = (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
WATCHING = ("watchPlan", "watchExplanation")


@contextmanager
def listening(app: FastAPI) -> Iterator[str]:
    """The URL of a real server in a thread."""
    told: list[str] = []
    server = Server(app, told.append)
    thread = threading.Thread(target=partial(server.run, sockets=[bind("127.0.0.1", 0)]), daemon=True)
    thread.start()
    until = time.monotonic() + 60
    while not told and time.monotonic() < until:
        time.sleep(0.02)
    try:
        yield told[0]
    finally:
        server.should_exit = True
        thread.join(timeout=20)


@pytest.fixture(scope="module")
def service(shared: Books, url: str) -> Iterator[str]:
    with pool(partial(reopened, url), 2) as workers:
        app = create_app(workers, Access(Keyring(shared.database, shared.clock)))
        with listening(app) as where:
            headers = bearer(token(shared, "globex"))
            with httpx.Client(base_url=where, headers=headers, timeout=30) as globex:
                runs = application("zanzibar", "globex", "2.777", 3, resources={"memory": "1913Mi"})
                globex.post("/v1/solve", json=body(runs, commit="auto")).raise_for_status()
                promise = {"metadata": {"name": "zephyr", "namespace": "globex"}, "spec": {"amounts": {"cpu": "3.331"}}}
                globex.post("/v1/reservations", json=promise).raise_for_status()
                held = body(application("zodiac", "globex", "2.777", 1), ttl="1d")
                globex.post("/v1/holds", json=held).raise_for_status()
            yield where


@pytest.fixture(scope="module")
def document(service: str) -> dict[str, Any]:
    found: dict[str, Any] = httpx.get(f"{service}/openapi.json").raise_for_status().json()
    return found


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, item in document["paths"].items():
        for method, operation in item.items():
            yield path, method, operation


def test_it_is_good_enough_to_generate_a_client_from(document: dict[str, Any]) -> None:
    names = [operation["operationId"] for _, _, operation in operations(document)]
    assert len(set(names)) == len(names)
    for path, method, operation in operations(document):
        assert operation["summary"], path
        assert operation["tags"], path
        answers = {status: each for status, each in operation["responses"].items() if status < "300"}
        assert answers, path
        for status, each in answers.items():
            for kind, content in each.get("content", {}).items():
                assert content.get("schema"), (path, method, status, kind)
                if kind == "application/json" and path.startswith("/v1/"):
                    assert "example" in content, (path, method, status)
        for content in operation.get("requestBody", {}).get("content", {}).values():
            assert "example" in content, (path, method)
        if path.startswith("/v1/"):
            assert operation["security"], path
            for status in ("401", "403", "429", "503"):
                assert "application/problem+json" in operation["responses"][status]["content"], (path, method)


def test_every_operation_keeps_its_word_to_every_key(service: str, shared: Books) -> None:
    schema = schemathesis.openapi.from_url(f"{service}/openapi.json")
    keys: dict[str, dict[str, str]] = {scope: bearer(token(shared, "acme", scopes=(scope,))) for scope in SCOPES}
    keys["all"] = bearer(token(shared, "acme"))
    asked = 0
    for found in schema.get_all_operations():
        operation: Any = found.ok()  # type: ignore[union-attr]
        if operation.definition.raw.get("operationId") in WATCHING:
            continue  # they go on until a search ends

        @seed(20)
        @settings(
            max_examples=EXAMPLES,
            deadline=None,
            database=None,
            phases=(Phase.explicit, Phase.generate),
            suppress_health_check=list(HealthCheck),
        )
        @given(case=one_of([operation.as_strategy(generation_mode=mode) for mode in MODES]))
        def keeps(case: Case[Any]) -> None:
            nonlocal asked
            for headers in keys.values():
                response = case.call(headers=headers, timeout=60)
                while response.status_code == 503 and "server.busy" in response.text:  # as a client does
                    time.sleep(float(response.headers["retry-after"][0]))
                    response = case.call(headers=headers, timeout=60)
                asked += 1
                case.validate_response(response, checks=CHECKS, headers=headers)
                said = str(case.as_transport_kwargs(base_url=service))
                drawn = response.headers["x-request-id"][0]  # at random: any digits may be in it
                told = f"{response.headers} {response.text}".replace(drawn, "")
                leaks = [each for each in SECRETS.findall(told) if each not in said]
                assert not leaks, f"{case.method} {case.path} tells {leaks}"

        keeps()
    assert asked > 500
