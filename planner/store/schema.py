"""The tables of the books. `rooms` is the promise: no row can ever say that more is used than there is.

Lines with `lost` or `daily` share their room: what they need together is `aside` (see `planner.store.aside`).
Instants are milliseconds, `ends` of what has no end is FOREVER. `born` and `died` are generations: a row is part of
the books at generation g when born <= g < died, so that the books of any generation can be read again. Servers are
never deleted, so rooms and lines name them without a foreign key: an import would check hundreds of thousands of them.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    SmallInteger,
    Table,
    Text,
    text,
)

from planner.manifests.instants import FOREVER

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "ix": "ix_%(table_name)s_%(column_0_name)s",
    }
)
Key = BigInteger().with_variant(Integer, "sqlite")  # SQLite counts up only what is an INTEGER
STATES = "state IN ('online', 'draining', 'offline', 'retired')"
FINITE = f"died IS NULL AND ends < {FOREVER}"
ALIVE = "died IS NULL"
KINDS = "kind IN ('allocation', 'reservation', 'hold')"

books = Table(
    "books",
    metadata,
    Column("id", SmallInteger, primary_key=True),
    Column("generation", BigInteger, nullable=False),
    Column("inventory", BigInteger, nullable=False),
    Column("runtimes", Text, nullable=False),
    CheckConstraint("id = 1", "one"),
)
sites = Table(
    "sites",
    metadata,
    Column("id", Key, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("state", Text, nullable=False),
    Column("generation", BigInteger, nullable=False),
    Column("born", BigInteger, nullable=False),
    Column("changed", BigInteger, nullable=False),
    Column("fields", Text, nullable=False),
    CheckConstraint(STATES, "state"),
)
servers = Table(
    "servers",
    metadata,
    Column("id", Key, primary_key=True),
    Column("site_id", Key, ForeignKey("sites.id"), nullable=False),
    Column("name", Text, nullable=False, unique=True),
    Column("state", Text, nullable=False),
    Column("born", BigInteger, nullable=False),
    Column("changed", BigInteger, nullable=False),
    Column("fields", Text, nullable=False),
    Column("cells", Text, nullable=False),
    CheckConstraint(STATES, "state"),
)
rooms = Table(
    "rooms",
    metadata,
    Column("server_id", Key, primary_key=True),
    Column("resource", Text, primary_key=True),
    Column("since", BigInteger, primary_key=True),
    Column("used", BigInteger, nullable=False),
    Column("capacity", BigInteger, nullable=False),
    Column("aside", BigInteger, nullable=False, server_default="0"),
    CheckConstraint("used >= 0 AND aside >= 0", "used"),
    CheckConstraint("used + aside <= capacity", "never_oversold"),
    sqlite_with_rowid=False,
    postgresql_with={"fillfactor": "70"},
)
applications = Table(
    "applications",
    metadata,
    Column("id", Text, primary_key=True),
    Column("born", BigInteger, primary_key=True),
    Column("died", BigInteger),
    Column("generation", BigInteger, nullable=False),
    Column("manifest", Text, nullable=False),
    Index(
        "uq_applications_live",
        "id",
        unique=True,
        postgresql_where=text("died IS NULL"),
        sqlite_where=text("died IS NULL"),
    ),
)
bookings = Table(
    "bookings",
    metadata,
    Column("id", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("tenant", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("start", BigInteger, nullable=False),
    Column("ends", BigInteger, nullable=False),
    Column("expires", BigInteger, nullable=False),
    Column("degraded", SmallInteger, nullable=False),
    Column("document", Text, nullable=False),
    Column("generation", BigInteger, nullable=False),
    CheckConstraint(KINDS, "kind"),
    CheckConstraint("state IN ('active', 'confirmed', 'cancelled', 'expired', 'used', 'ended')", "state"),
    Index("ix_bookings_generation", "generation"),
    Index(
        "uq_bookings_reservation",
        "tenant",
        "name",
        unique=True,
        postgresql_where=text("kind = 'reservation' AND state = 'active'"),
        sqlite_where=text("kind = 'reservation' AND state = 'active'"),
    ),
)
lines = Table(
    "lines",
    metadata,
    Column("id", Key, primary_key=True),
    Column("booking_id", Text, ForeignKey("bookings.id"), nullable=False),
    Column("kind", Text, nullable=False),
    Column("tenant", Text, nullable=False),
    Column("application", Text, nullable=False),
    Column("demand", Integer, nullable=False),
    Column("cells", Text, nullable=False),
    Column("server_id", Key, nullable=False),
    Column("instances", BigInteger, nullable=False),
    Column("start", BigInteger, nullable=False),
    Column("ends", BigInteger, nullable=False),
    Column("amounts", Text, nullable=False),
    Column("asked", Text, nullable=False),
    Column("born", BigInteger, nullable=False),
    Column("died", BigInteger),
    Column("stopped", BigInteger),
    Column("devices", Text, nullable=False, server_default=""),
    Column("lost", Text, nullable=False, server_default=""),
    Column("daily", Text, nullable=False, server_default=""),
    CheckConstraint(KINDS, "kind"),
    CheckConstraint("instances > 0", "instances"),
    CheckConstraint("ends > start", "ends"),
    Index("ix_lines_born", "born"),
    Index("ix_lines_died", "died"),
    Index("ix_lines_booking", "booking_id"),
    Index("ix_lines_server", "server_id", postgresql_where=text(ALIVE), sqlite_where=text(ALIVE)),
    Index(
        "ix_lines_ends",
        "ends",
        postgresql_where=text(FINITE),
        sqlite_where=text(FINITE),
    ),
)
decisions = Table(
    "decisions",
    metadata,
    Column("id", Text, primary_key=True),
    Column("at", BigInteger, nullable=False),
    Column("actor", Text, nullable=False),
    Column("generation", BigInteger, nullable=False),
    Column("version", Text, nullable=False),
    Column("request", Text, nullable=False),
    Column("plan", Text, nullable=False),
)
keys = Table(
    "keys",
    metadata,
    Column("key", Text, primary_key=True),
    Column("digest", Text, nullable=False),
    Column("answer", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
)
searches = Table(
    "searches",
    metadata,
    Column("id", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("tenants", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("asked", BigInteger, nullable=False),
    Column("changed", BigInteger, nullable=False),
    Column("stop", SmallInteger, nullable=False),
    Column("progress", Text, nullable=False),
    Column("answer", Text, nullable=False),
    CheckConstraint("kind IN ('plan', 'explanation')", "kind"),
    CheckConstraint("state IN ('waiting', 'running', 'done', 'cancelled', 'failed')", "state"),
    Index("ix_searches_changed", "changed"),
)
audit = Table(
    "audit",
    metadata,
    Column("id", Key, primary_key=True),
    Column("at", BigInteger, nullable=False),
    Column("actor", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("before", BigInteger, nullable=False),
    Column("after", BigInteger, nullable=False),
    Column("detail", Text, nullable=False),
    Index("ix_audit_after", "after"),
)
api_keys = Table(
    "api_keys",
    metadata,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("digest", Text, nullable=False),
    Column("scopes", Text, nullable=False),
    Column("tenants", Text),
    Column("created", BigInteger, nullable=False),
    Column("expires", BigInteger, nullable=False),
    Column("revoked", BigInteger),
)
