"""`bayplan serve` opens its doors to nobody by accident."""

from __future__ import annotations

from pathlib import Path

import pytest

from api.cli.entrance import entrance, loopback
from planner.ledger.books import Books
from tests.access.conftest import token
from tests.api.running import bayplan
from tests.databases import Clock

SMALL = Path(__file__).parents[2] / "examples" / "worlds" / "small"


@pytest.mark.parametrize(("host", "local"), [
    ("127.0.0.1", True), ("127.8.9.1", True), ("::1", True), ("[::1]", True), ("localhost", True),
    ("0.0.0.0", False), ("::", False), ("192.168.1.4", False), ("example.org", False), ("", False),
])  # fmt: skip
def test_loopback(host: str, local: bool) -> None:
    assert loopback(host) == local


@pytest.mark.parametrize(("arguments", "fix"), [
    ((SMALL,), "--insecure, on a loopback address only"),
    ((SMALL,), "BAYPLAN_OIDC_JWKS"),
    ((SMALL, "--host", "0.0.0.0", "--insecure"), "expected a loopback address"),
    ((SMALL, "--host", "0.0.0.0"), "BAYPLAN_OIDC_JWKS"),
    ((), "bayplan keys create"),
    (("--host", "0.0.0.0"), "bayplan keys create"),
])  # fmt: skip
def test_it_refuses_to_start_and_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[object, ...], fix: str
) -> None:
    monkeypatch.setenv("BAYPLAN_DATABASE", str(tmp_path / "books.db"))
    bayplan("db", "upgrade")
    told = bayplan("serve", "--port", 0, *arguments, exit_code=2).stderr
    assert fix in told
    if "0.0.0.0" in arguments:
        assert "--insecure, on" not in told, "no way to be insecure for others"


def test_with_a_key_it_may_serve_other_machines(books: Books, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.cli.entrance.now", clock)
    token(books, lasts="1h")
    access = entrance("0.0.0.0", False, books.database)
    assert access.keys
    assert not access.insecure
    assert access.rates
    clock.goes_on(3600)
    with pytest.raises(Exception, match="no key that anybody could ask with"):
        entrance("0.0.0.0", False, books.database)


def test_an_issuer_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("JWKS", "ISSUER", "AUDIENCE"):
        monkeypatch.setenv(f"BAYPLAN_OIDC_{name}", "https://issuer.example")
    assert entrance("0.0.0.0", False, None).tokens
