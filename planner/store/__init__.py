"""The database of the books: the only home of SQLAlchemy. Nothing here decides; it refuses what must never be."""
