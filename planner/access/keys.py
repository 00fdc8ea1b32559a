"""API keys: made once, shown once, and kept only as a hash.

A key is `bayplan_ID_SECRET`: the id is public and finds the key, the secret is 256 random bits. Such a secret cannot be
guessed or tabulated, so one round of SHA-256 is enough (a slow hash is for passwords that people choose).
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace
from hashlib import sha256
from hmac import compare_digest

from pydantic import Field

from planner.access.caller import SCOPES, Caller, Scope, Tenants
from planner.ledger.books import Books, By
from planner.ledger.refused import Refused
from planner.manifests.instants import FOREVER, Duration
from planner.manifests.manifest import Manifest
from planner.manifests.metadata import Name
from planner.store import api_keys
from planner.store.api_keys import KeyRow

PREFIX = "bayplan"


@dataclass(frozen=True, slots=True)
class Key:
    """id: public. tenants: None for all. created, expires, revoked: milliseconds; expires FOREVER: never."""

    id: str
    name: str
    scopes: tuple[str, ...]
    tenants: Tenants
    created: int
    expires: int
    revoked: int | None

    @staticmethod
    def of(row: KeyRow) -> Key:
        tenants = None if row.tenants is None else frozenset(row.tenants.split())
        return Key(row.id, row.name, tuple(row.scopes.split()), tenants, row.created, row.expires, row.revoked)

    def state(self, now: int) -> str:
        """active, expired or revoked."""
        return "revoked" if self.revoked is not None else "expired" if self.expires <= now else "active"

    def caller(self) -> Caller:
        return Caller(f"key:{self.id}", f"{self.name} ({self.id})", frozenset(self.scopes), self.tenants)


class KeyRequest(Manifest):
    """tenants: null for all of them."""

    name: Name
    scopes: list[Scope] = Field(min_length=1)
    tenants: list[Name] | None = Field(min_length=1)
    expires_after: Duration | None = None


def create(books: Books, wanted: KeyRequest, by: By) -> tuple[Key, str]:
    """A key, and the text to be shown once."""
    identity, secret = secrets.token_hex(6), secrets.token_urlsafe(32)
    now = books.clock()
    row = KeyRow(
        id=identity,
        name=wanted.name,
        digest=digest(secret),
        scopes=" ".join(each for each in SCOPES if each in wanted.scopes),
        tenants=None if wanted.tenants is None else " ".join(sorted(set(wanted.tenants))),
        created=now,
        expires=FOREVER if wanted.expires_after is None else now + wanted.expires_after,
        revoked=None,
    )
    with books.unit(by) as unit:
        api_keys.add(unit.connection, row)
        unit.tell("key.create", identity, {"name": row.name, "scopes": row.scopes, "tenants": row.tenants})
    return Key.of(row), f"{PREFIX}_{identity}_{secret}"


def every(books: Books) -> list[Key]:
    """The oldest first, those that are over too."""
    with books.database.reading() as connection:
        return [Key.of(row) for row in api_keys.every(connection)]


def revoke(books: Books, identity: str, by: By) -> Key:
    """From now on it opens nothing. Raises Refused when there is none, or it was revoked already."""
    now = books.clock()
    found = next((key for key in every(books) if key.id == identity), None)
    if found is None:
        raise Refused("key.unknown", f"there is no key '{identity}': `bayplan keys list` has their ids")
    with books.unit(by) as unit:
        if not api_keys.revoke(unit.connection, identity, now):
            raise Refused("key.gone", f"key '{identity}' was revoked already")
        unit.tell("key.revoke", identity, {"name": found.name})
    return replace(found, revoked=now)


def digest(secret: str) -> str:
    return sha256(secret.encode()).hexdigest()


def split(token: str) -> tuple[str, str] | None:
    """(id, secret) of what looks like a key."""
    prefix, _, rest = token.partition("_")
    identity, _, secret = rest.partition("_")
    return (identity, secret) if prefix == PREFIX and identity and secret else None


def opens(row: KeyRow, secret: str) -> bool:
    """In a time that does not tell how much of it was right."""
    return compare_digest(row.digest, digest(secret))
