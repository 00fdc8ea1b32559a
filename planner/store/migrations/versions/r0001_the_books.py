"""The books: inventory, rooms that cannot be oversold, bookings and their lines, and an audit log that only grows."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

FORBIDDEN = "the audit log only grows"


def upgrade() -> None:
    op.create_table(
        "applications",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("born", sa.BigInteger(), nullable=False),
        sa.Column("died", sa.BigInteger(), nullable=True),
        sa.Column("generation", sa.BigInteger(), nullable=False),
        sa.Column("manifest", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", "born", name=op.f("pk_applications")),
    )
    op.create_index(
        "uq_applications_live",
        "applications",
        ["id"],
        unique=True,
        postgresql_where=sa.text("died IS NULL"),
        sqlite_where=sa.text("died IS NULL"),
    )
    op.create_table(
        "audit",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("before", sa.BigInteger(), nullable=False),
        sa.Column("after", sa.BigInteger(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit")),
    )
    op.create_index("ix_audit_after", "audit", ["after"], unique=False)
    op.create_table(
        "bookings",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("start", sa.BigInteger(), nullable=False),
        sa.Column("ends", sa.BigInteger(), nullable=False),
        sa.Column("expires", sa.BigInteger(), nullable=False),
        sa.Column("degraded", sa.SmallInteger(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("generation", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("kind IN ('allocation', 'reservation', 'hold')", name=op.f("ck_bookings_kind")),
        sa.CheckConstraint(
            "state IN ('active', 'confirmed', 'cancelled', 'expired', 'used', 'ended')", name=op.f("ck_bookings_state")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bookings")),
    )
    op.create_index("ix_bookings_generation", "bookings", ["generation"], unique=False)
    op.create_index(
        "uq_bookings_reservation",
        "bookings",
        ["tenant", "name"],
        unique=True,
        postgresql_where=sa.text("kind = 'reservation' AND state = 'active'"),
        sqlite_where=sa.text("kind = 'reservation' AND state = 'active'"),
    )
    op.create_table(
        "books",
        sa.Column("id", sa.SmallInteger(), nullable=False),
        sa.Column("generation", sa.BigInteger(), nullable=False),
        sa.Column("inventory", sa.BigInteger(), nullable=False),
        sa.Column("runtimes", sa.Text(), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_books_one")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_books")),
    )
    op.create_table(
        "decisions",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("generation", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("request", sa.Text(), nullable=False),
        sa.Column("plan", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_decisions")),
    )
    op.create_table(
        "keys",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_keys")),
    )
    op.create_table(
        "sites",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("generation", sa.BigInteger(), nullable=False),
        sa.Column("born", sa.BigInteger(), nullable=False),
        sa.Column("changed", sa.BigInteger(), nullable=False),
        sa.Column("fields", sa.Text(), nullable=False),
        sa.CheckConstraint("state IN ('online', 'draining', 'offline', 'retired')", name=op.f("ck_sites_state")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sites")),
        sa.UniqueConstraint("name", name=op.f("uq_sites_name")),
    )
    op.create_table(
        "servers",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("site_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("born", sa.BigInteger(), nullable=False),
        sa.Column("changed", sa.BigInteger(), nullable=False),
        sa.Column("fields", sa.Text(), nullable=False),
        sa.Column("cells", sa.Text(), nullable=False),
        sa.CheckConstraint("state IN ('online', 'draining', 'offline', 'retired')", name=op.f("ck_servers_state")),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=op.f("fk_servers_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_servers")),
        sa.UniqueConstraint("name", name=op.f("uq_servers_name")),
    )
    op.create_table(
        "lines",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("booking_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("application", sa.Text(), nullable=False),
        sa.Column("demand", sa.Integer(), nullable=False),
        sa.Column("cells", sa.Text(), nullable=False),
        sa.Column("server_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("instances", sa.BigInteger(), nullable=False),
        sa.Column("start", sa.BigInteger(), nullable=False),
        sa.Column("ends", sa.BigInteger(), nullable=False),
        sa.Column("amounts", sa.Text(), nullable=False),
        sa.Column("asked", sa.Text(), nullable=False),
        sa.Column("born", sa.BigInteger(), nullable=False),
        sa.Column("died", sa.BigInteger(), nullable=True),
        sa.Column("stopped", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("kind IN ('allocation', 'reservation', 'hold')", name=op.f("ck_lines_kind")),
        sa.CheckConstraint("ends > start", name=op.f("ck_lines_ends")),
        sa.CheckConstraint("instances > 0", name=op.f("ck_lines_instances")),
        sa.ForeignKeyConstraint(["booking_id"], ["bookings.id"], name=op.f("fk_lines_booking_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lines")),
    )
    op.create_index("ix_lines_booking", "lines", ["booking_id"], unique=False)
    op.create_index("ix_lines_born", "lines", ["born"], unique=False)
    op.create_index("ix_lines_died", "lines", ["died"], unique=False)
    op.create_index(
        "ix_lines_ends",
        "lines",
        ["ends"],
        unique=False,
        postgresql_where=sa.text("died IS NULL AND ends < 4611686018427387904"),
        sqlite_where=sa.text("died IS NULL AND ends < 4611686018427387904"),
    )
    op.create_table(
        "rooms",
        sa.Column("server_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("resource", sa.Text(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("used", sa.BigInteger(), nullable=False),
        sa.Column("capacity", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("used <= capacity", name=op.f("ck_rooms_never_oversold")),
        sa.CheckConstraint("used >= 0", name=op.f("ck_rooms_used")),
        sa.PrimaryKeyConstraint("server_id", "resource", "since", name=op.f("pk_rooms")),
        postgresql_with={"fillfactor": "70"},
        sqlite_with_rowid=False,
    )

    _only_grows()
    op.execute("INSERT INTO books (id, generation, inventory, runtimes) VALUES (1, 0, 0, '{}')")


def _only_grows() -> None:
    """No row of the audit log is ever changed or taken away."""
    if op.get_bind().dialect.name == "sqlite":
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER audit_no_{verb.lower()} BEFORE {verb} ON audit "
                f"BEGIN SELECT RAISE(ABORT, '{FORBIDDEN}'); END"
            )
        return
    op.execute(
        "CREATE FUNCTION audit_only_grows() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{FORBIDDEN}'; END $$"
    )
    op.execute(
        "CREATE TRIGGER audit_only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON audit "
        "FOR EACH STATEMENT EXECUTE FUNCTION audit_only_grows()"
    )
