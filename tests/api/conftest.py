"""One made-up world, and one real server over it, for all tests of the API."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from api.cli.demo.service import service
from tests.api.running import bayplan


@pytest.fixture(scope="session")
def edge(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """60 sites, 2,000 servers, half loaded, and a batch that asks for most of what is free."""
    folder = tmp_path_factory.mktemp("worlds") / "edge"
    bayplan("world", "generate", "--sites", 60, "--servers", 2000, "--requests", 40, "--demand", 0.9, "-o", folder)
    return folder


@pytest.fixture(scope="session")
def client(edge: Path) -> Iterator[httpx.Client]:
    """Of a server in a process of its own."""
    with service(edge) as running, httpx.Client(base_url=running.url, timeout=60, trust_env=False) as client:
        yield client
