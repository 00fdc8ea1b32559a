"""A small world behind real workers, for tests of what the server tells of itself."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient

from api.observe.logs import configure
from planner.inventory.world import World
from tests.api.http.served import served
from tests.worlds import server, site, world

Log = Callable[[], list[dict[str, Any]]]


def small() -> World:
    """24 vCPU that are online, in two places."""
    return world(
        site("gz", region="South China", carrier="telecom"),
        site("bj", region="North China", carrier="unicom"),
        server("gz1", site="gz", cpu=8000),
        server("gz2", site="gz", cpu=8000),
        server("gz3", site="gz", cpu=8000, state="offline"),
        server("bj1", site="bj", cpu=8000),
    )


def asked(name: str = "web", instances: int = 4, **more: Any) -> dict[str, Any]:
    spec = {"runtime": "container", "resources": {"cpu": 1}, "demand": [{"instances": instances}]}
    return {"applications": [{"metadata": {"name": name, "namespace": "acme"}, "spec": spec}], **more}


@pytest.fixture(scope="package")
def client() -> Iterator[TestClient]:
    with served(small, 2) as client:
        yield client


@pytest.fixture
def log() -> Iterator[Log]:
    """The lines of the log so far; what was configured before is so again afterwards."""
    stream, root = io.StringIO(), logging.getLogger()
    before, level = root.handlers[:], root.level
    configure("json", "info", stream)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    root.handlers[:] = before
    root.setLevel(level)
