"""Which processes book, and which are there for what takes long."""

from __future__ import annotations

import pytest

from api.workers.choice import Choice
from api.workers.process import Job
from api.workers.queue import Queue


@pytest.mark.parametrize(
    ("workers", "book", "long"), [(1, 1, 1), (2, 1, 1), (3, 1, 2), (4, 2, 2), (6, 2, 4), (8, 2, 6), (16, 4, 12)]
)
def test_some_book_and_the_others_take_what_is_long(workers: int, book: int, long: int) -> None:
    choice = Choice(Queue[Job](1), workers)
    lanes = [choice.lanes(row) for row in range(workers)]
    assert (sum("book" in each for each in lanes), sum("long" in each for each in lanes)) == (book, long)
    assert all("short" in each for each in lanes)
