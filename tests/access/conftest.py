"""Books that tenants share, and keys to them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from planner.access.caller import SCOPES
from planner.access.keys import KeyRequest, create
from planner.ledger import stock
from planner.ledger.books import Books, By
from tests.databases import Clock, made, opened
from tests.worlds import server, site, world

OPERATOR = By("operator")


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def books(tmp_path: Path, clock: Clock) -> Iterator[Books]:
    """Two sites of two servers with 10 cores each."""
    with opened(made(f"sqlite:///{tmp_path}/books.db"), clock) as books:
        rooms = [server(f"{at}{row}", site=at, cpu=10_000, memory=40_960) for at in ("gz", "sz") for row in (1, 2)]
        places = [site(name, province="Guangdong", city=name) for name in ("gz", "sz")]
        stock.import_world(books, world(*places, *rooms), OPERATOR)
        yield books


def token(books: Books, *tenants: str, scopes: tuple[str, ...] = SCOPES, lasts: str | None = None) -> str:
    asked = {"name": "test", "scopes": list(scopes), "tenants": list(tenants) or None, "expires_after": lasts}
    return create(books, KeyRequest.model_validate(asked), OPERATOR)[1]
