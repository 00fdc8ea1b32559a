"""Shared room: standby for losses and slices of the day stand aside together; single GPUs have rooms of their own."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

COLUMNS = "server_id, resource, since, used, capacity"


def upgrade() -> None:
    for name in ("devices", "lost", "daily"):
        op.add_column("lines", sa.Column(name, sa.Text(), nullable=False, server_default=""))
    alive = sa.text("died IS NULL")
    op.create_index("ix_lines_server", "lines", ["server_id"], postgresql_where=alive, sqlite_where=alive)
    if op.get_bind().dialect.name == "sqlite":
        _rooms_anew()
    else:
        op.add_column("rooms", sa.Column("aside", sa.BigInteger(), nullable=False, server_default="0"))
        op.execute(
            "ALTER TABLE rooms DROP CONSTRAINT ck_rooms_never_oversold, DROP CONSTRAINT ck_rooms_used, "
            "ADD CONSTRAINT ck_rooms_used CHECK (used >= 0 AND aside >= 0), "
            "ADD CONSTRAINT ck_rooms_never_oversold CHECK (used + aside <= capacity)"
        )
    _devices()


def _rooms_anew() -> None:
    """SQLite changes no constraint of a table that is there."""
    op.execute("ALTER TABLE rooms RENAME TO rooms_before")
    op.execute(
        "CREATE TABLE rooms (server_id INTEGER NOT NULL, resource TEXT NOT NULL, since BIGINT NOT NULL, "
        "used BIGINT NOT NULL, capacity BIGINT NOT NULL, aside BIGINT DEFAULT '0' NOT NULL, "
        "CONSTRAINT pk_rooms PRIMARY KEY (server_id, resource, since), "
        "CONSTRAINT ck_rooms_used CHECK (used >= 0 AND aside >= 0), "
        "CONSTRAINT ck_rooms_never_oversold CHECK (used + aside <= capacity)) WITHOUT ROWID"
    )
    op.execute(f"INSERT INTO rooms ({COLUMNS}) SELECT {COLUMNS} FROM rooms_before")
    op.execute("DROP TABLE rooms_before")


def _devices() -> None:
    """A room of 1,000 thousandths for each GPU. The lines of books before this one name none: with whole GPUs that
    are booked already nobody could say which, so that such books cannot go on."""
    booked = sa.text("SELECT count(*) FROM rooms WHERE resource = 'gpu' AND used > 0")
    if op.get_bind().execute(booked).scalar():
        raise RuntimeError("GPUs are booked in books that do not say which: release them before the upgrade")
    gpus = sa.text("SELECT server_id, capacity FROM rooms WHERE resource = 'gpu' AND since = 0 ORDER BY server_id")
    rows = [
        {"server": server, "resource": f"gpu#{device}"}
        for server, count in op.get_bind().execute(gpus)
        for device in range(count)
    ]
    if rows:
        insert = f"INSERT INTO rooms ({COLUMNS}) VALUES (:server, :resource, 0, 0, 1000)"
        op.get_bind().execute(sa.text(insert), rows)
