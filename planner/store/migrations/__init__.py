"""The history of the schema, by Alembic; `bayplan db upgrade` runs it."""
