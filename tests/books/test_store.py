"""The database itself: its schema is what the migrations make, and it refuses what must never be."""

from __future__ import annotations

import pytest
import sqlalchemy
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from planner.ledger import commit, stock
from planner.ledger.books import Books, By
from planner.manifests.errors import InvalidInput
from planner.plans.plan import SolveOptions
from planner.store.database import Database
from planner.store.schema import metadata
from planner.store.settings import Settings, url
from tests.databases import Clock
from tests.worlds import application, server, world

ME = By("me")


def test_migrations_make_the_schema(database: str) -> None:
    store = Database(Settings(database=database))
    before, after = store.upgrade()
    assert before == after, "nothing happens twice"
    with store.reading() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    store.close()


def test_a_database_without_books_is_told(tmp_path: object) -> None:
    with pytest.raises(InvalidInput, match="run `bayplan db upgrade`"):
        Books.open(Settings(database=f"{tmp_path}/empty.db"), Clock())
    with pytest.raises(InvalidInput, match="a database that can be reached"):
        Books.open(Settings(database=f"{tmp_path}/no/such/folder/books.db"), Clock())
    with pytest.raises(InvalidInput, match="a file such as"):
        url("mysql://me@there/books")
    with pytest.raises(InvalidInput, match="found nothing"):
        url("")


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE rooms SET used = capacity + 1",
        "UPDATE rooms SET used = -1",
        "UPDATE rooms SET capacity = 0 WHERE used > 0",
        "UPDATE sites SET state = 'asleep'",
        "UPDATE lines SET instances = 0",
        "UPDATE bookings SET state = 'lost'",
        "INSERT INTO books (id, generation, inventory, runtimes) VALUES (2, 0, 0, '{}')",
    ],
)
def test_what_the_database_refuses(books: Books, sql: str) -> None:
    stock.import_world(books, world(server("s", cpu=8000)), ME)
    commit.commit(books, [application("web", cpu=1)], SolveOptions(time_limit=1.0), ME)
    with pytest.raises(sqlalchemy.exc.IntegrityError), books.database.writing() as connection:
        connection.exec_driver_sql(sql)


def test_numa_cells_have_rooms_of_their_own(books: Books) -> None:
    cells = [{"cpu": 4000, "memory": 8192}, {"cpu": 4000, "memory": 8192}]
    stock.import_world(books, world(server("s", cpu=8000, memory=16_384, cells=cells)), ME)
    pinned = application("pinned", cpu=3, memory="1Gi", instances=2, numa_cells=1)
    commit.commit(books, [pinned], SolveOptions(time_limit=1.0), ME)
    picture = books.picture()
    assert {row.cells for row in picture.snapshot.running["pinned"]} == {(0,), (1,)}
    free = dict(zip(picture.snapshot.units.columns, picture.view(0).free[0].tolist(), strict=True))
    assert (free["cpu"], free["cpu@0"], free["cpu@1"]) == (2000, 1000, 1000)
