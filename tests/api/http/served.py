"""An app with real workers, asked in this process."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from fastapi.testclient import TestClient

from api.http.app import create_app
from api.workers.start import pool
from planner.inventory.world import World
from planner.ledger.books import Books


@contextmanager
def served(read: Callable[[], World | Books], workers: int = 1, **how: Any) -> Iterator[TestClient]:
    """read: of what it is over, called in a process of its own. how: more of `create_app`."""
    with pool(read, workers) as made, TestClient(create_app(made, **how)) as client:
        yield client
