"""One setting says where the books are: BAYPLAN_DATABASE, a file by default, PostgreSQL in production."""

from __future__ import annotations

from pydantic_settings import BaseSettings, SettingsConfigDict

from planner.manifests.errors import InputProblem, InvalidInput

EXPECTED = "a file such as books.db, sqlite:///books.db, or postgresql://user@host/name"


class Settings(BaseSettings):
    """database: a path, or the URL of a database. busy_seconds: how long SQLite waits for another writer. keep: for
    how long plans and idempotency keys are kept when the books are pruned, such as `90d`."""

    model_config = SettingsConfigDict(env_prefix="BAYPLAN_")
    database: str = "bayplan.db"
    busy_seconds: float = 30.0
    keep: str = "90d"


def url(database: str) -> str:
    """The URL as SQLAlchemy wants it. Raises InvalidInput for a database that is neither of the two."""
    scheme, separator, rest = database.partition("://")
    if not database or database.isspace():
        raise InvalidInput([InputProblem("options", None, "database", "nothing", EXPECTED)])
    if not separator:
        return f"sqlite:///{database}"
    if scheme == "sqlite":
        return database
    if scheme in ("postgresql", "postgres", "postgresql+psycopg"):
        return f"postgresql+psycopg://{rest}"
    raise InvalidInput([InputProblem("options", None, "database", f"'{scheme}://...'", EXPECTED)])
