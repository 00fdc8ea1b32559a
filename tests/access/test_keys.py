"""API keys: shown once, kept hashed, over when their time is."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

import pytest

from planner.access.denied import Denied
from planner.access.keyring import Keyring
from planner.access.keys import every, opens, revoke, split
from planner.ledger.books import Books, By
from planner.ledger.refused import Refused
from planner.store import api_keys, audit
from tests.access.conftest import token
from tests.api.running import bayplan, bayplan_json
from tests.databases import Clock


def ring(books: Books) -> Keyring:
    made = Keyring(books.database, books.clock)
    made.reload()
    return made


def denied(ring: Keyring, text: str) -> str:
    with pytest.raises(Denied) as caught:
        ring.caller(text)
    return caught.value.code


def test_a_key_names_its_caller(books: Books) -> None:
    text = token(books, "acme", "globex", scopes=("read", "book"))
    caller = ring(books).caller(text)
    assert caller.scopes == {"read", "book"}
    assert caller.tenants == frozenset({"acme", "globex"})
    assert caller.sees("acme")
    assert not caller.sees("initech")
    assert not caller.may("operate")
    everybody = token(books)
    assert ring(books).caller(everybody).tenants is None


def test_the_database_holds_no_secret(books: Books) -> None:
    text = token(books)
    identity, secret = split(text) or ("", "")
    assert len(secret) >= 43, "256 bits"
    with books.database.reading() as connection:
        (row,) = api_keys.every(connection)
        whole = "\n".join(books.database.engine.raw_connection().driver_connection.iterdump())  # type: ignore[union-attr]
    assert (row.id, row.digest) == (identity, sha256(secret.encode()).hexdigest())
    assert secret not in whole
    assert opens(row, secret)
    assert not opens(row, secret[:-1])
    assert not opens(row, "")


@pytest.mark.parametrize(
    "change", [str.upper, lambda t: t[:-1], lambda t: t + "a", lambda t: "bayplan_x_y", lambda t: ""]
)
def test_nearly_a_key_is_none(books: Books, change: object) -> None:
    assert callable(change)
    assert denied(ring(books), change(token(books))) == "access.invalid"


def test_a_key_ends_by_the_clock_or_by_hand(books: Books, clock: Clock) -> None:
    short, lasting = token(books, lasts="1h"), token(books)
    known = ring(books)
    clock.goes_on(3599)
    known.caller(short)
    clock.goes_on(1)
    assert denied(known, short) == "access.over"
    identity = (split(lasting) or ("",))[0]
    revoke(books, identity, By("me"))
    known.reload()
    assert denied(known, lasting) == "access.over"
    assert {each.state(clock()) for each in every(books)} == {"expired", "revoked"}
    for name, code in ((identity, "key.gone"), ("nobody", "key.unknown")):
        with pytest.raises(Refused) as refused:
            revoke(books, name, By("me"))
        assert refused.value.code == code
    with books.database.reading() as connection:
        entries = audit.entries(connection, subject=identity, action="key", most=9)[::-1]
    assert [(entry.actor, entry.action) for entry in entries] == [("operator", "key.create"), ("me", "key.revoke")]


def test_keys_by_the_command_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BAYPLAN_DATABASE", str(tmp_path / "books.db"))
    bayplan("db", "upgrade")
    made = bayplan_json("keys", "create", "portal", "--scope", "plan", "--scope", "read", "--tenant", "acme")
    assert made["key"].startswith(f"bayplan_{made['id']}_")
    assert (made["scopes"], made["tenants"], made["expires"]) == (["read", "plan"], ["acme"], None)
    shown = bayplan("keys", "create", "robot", "--scope", "operate", "--all-tenants", "--expires-after", "90d")
    assert shown.stdout.startswith("bayplan_")
    assert "not shown again" in shown.stderr
    listed = bayplan_json("keys", "list")
    assert [(each["name"], each["tenants"], each["state"]) for each in listed] == [
        ("portal", ["acme"], "active"),
        ("robot", None, "active"),
    ]
    assert made["key"].rpartition("_")[2] not in bayplan("keys", "list").stdout
    assert bayplan_json("keys", "revoke", made["id"])["state"] == "revoked"
    assert bayplan_json("keys", "revoke", made["id"], exit_code=3)["code"] == "key.gone"
    problems = bayplan_json("keys", "create", "X!", "--scope", "all", "--tenant", "a b", exit_code=2)["problems"]
    assert {each["field"] for each in problems} == {"name", "scopes[0]", "tenants[0]"}
    bayplan("keys", "create", "nobody", "--scope", "plan", exit_code=2)
