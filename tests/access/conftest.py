"""Books that tenants share, and keys to them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from api.http.access import Access
from planner.access.caller import SCOPES
from planner.access.keyring import Keyring
from planner.access.keys import KeyRequest, create
from planner.ledger import stock
from planner.ledger.books import Books, By
from planner.store.settings import Settings
from tests.api.http.served import served
from tests.databases import Clock, made, opened
from tests.worlds import server, site, world

OPERATOR = By("operator")
As = Callable[..., TestClient]


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def books(tmp_path: Path, clock: Clock) -> Iterator[Books]:
    with edge(made(f"sqlite:///{tmp_path}/books.db"), clock) as books:
        yield books


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Of the books that all tests of a module share."""
    return made(f"sqlite:///{tmp_path_factory.mktemp('shared')}/books.db")


@pytest.fixture(scope="module")
def shared(url: str) -> Iterator[Books]:
    with edge(url, Clock()) as books:
        yield books


@pytest.fixture(scope="module")
def client_of(shared: Books, url: str) -> Iterator[As]:
    """Makes clients of some tenants (none: of all) with some scopes (none: with all). One service for a module: a start
    takes a second."""
    with served(partial(reopened, url), access=Access(Keyring(shared.database, shared.clock))) as first:

        def client(*tenants: str, scopes: tuple[str, ...] = SCOPES) -> TestClient:
            return beside(first, bearer(token(shared, *tenants, scopes=scopes)))

        yield client


def beside(client: TestClient, headers: dict[str, str]) -> TestClient:
    """Another client of the same application, in the same event loop."""
    other = TestClient(client.app, headers=headers)
    other.portal = client.portal
    return other


@contextmanager
def edge(url: str, clock: Clock) -> Iterator[Books]:
    """Two sites of two servers with 10 cores each."""
    with opened(url, clock) as books:
        rooms = [server(f"{at}{row}", site=at, cpu=10_000, memory=40_960) for at in ("gz", "sz") for row in (1, 2)]
        places = [site(name, province="Guangdong", city=name) for name in ("gz", "sz")]
        stock.import_world(books, world(*places, *rooms), OPERATOR)
        yield books


def token(books: Books, *tenants: str, scopes: tuple[str, ...] = SCOPES, lasts: str | None = None) -> str:
    asked = {"name": "test", "scopes": list(scopes), "tenants": list(tenants) or None, "expires_after": lasts}
    return create(books, KeyRequest.model_validate(asked), OPERATOR)[1]


def bearer(text: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {text}"}


def reopened(url: str) -> Books:
    return Books.open(Settings(database=url), Clock())
