"""What workers are forked from follows the books by itself, so that a new worker has little to catch up on."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from api.workers.start import zygote
from planner.ledger import stock
from planner.ledger.books import Books
from planner.store.settings import Settings
from tests.books.asking import ME, placed
from tests.databases import Clock, made, opened
from tests.worlds import application, server, site, world


def test_a_worker_knows_what_was_booked_before_the_database_went_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.workers.zygote.STEP", 0.0)
    file, clock = tmp_path / "books.db", Clock()
    with opened(made(f"sqlite:///{file}"), clock) as books:
        stock.import_world(books, world(site("gz"), server("gz1", site="gz")), ME)
        with zygote(lambda: Books.open(Settings(database=f"sqlite:///{file}"), clock)) as parent:
            before = parent.ready().changes
            placed(books, application("web"))
            time.sleep(2.5)
            file.rename(tmp_path / "away.db")
            _, end, changes = parent.fork(0)
            end.close()
            assert changes == before + 1
