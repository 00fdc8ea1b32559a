"""API keys in the database: the digest of each secret, never the secret."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass

from sqlalchemy import insert, select, update

from planner.store import schema
from planner.store.database import Connection


@dataclass(frozen=True, slots=True)
class KeyRow:
    """digest: SHA-256 of the secret, in hex. scopes, tenants: joined by spaces; tenants None: all. created, expires,
    revoked: milliseconds."""

    id: str
    name: str
    digest: str
    scopes: str
    tenants: str | None
    created: int
    expires: int
    revoked: int | None


def add(connection: Connection, row: KeyRow) -> None:
    connection.execute(insert(schema.api_keys).values(asdict(row)))


def every(connection: Connection) -> Iterator[KeyRow]:
    """The oldest first."""
    table = schema.api_keys
    for row in connection.execute(select(table).order_by(table.c.created, table.c.id)):
        yield KeyRow(*row)


def revoke(connection: Connection, identity: str, now: int) -> bool:
    """Whether there was one that was not revoked yet."""
    table = schema.api_keys
    query = update(table).where(table.c.id == identity, table.c.revoked.is_(None)).values(revoked=now)
    return connection.execute(query).rowcount == 1
