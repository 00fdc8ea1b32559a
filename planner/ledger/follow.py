"""Follow: a thread that keeps the picture of the books up to date, so that nobody waits for it."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from planner.ledger.books import Books
from planner.store.listen import ticks

EVERY = 0.5
"""Seconds between two looks at the generation, where no change is told."""


@contextmanager
def following(books: Books, every: float = EVERY) -> Iterator[None]:
    """While it is open, `books.latest` is at most a moment old: what another process writes is seen here."""
    stop = threading.Event()
    thread = threading.Thread(target=_follow, args=(books, stop, every), daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(timeout=5)


def _follow(books: Books, stop: threading.Event, every: float) -> None:
    for _ in ticks(books.database, stop, every):
        try:
            books.picture()
        except Exception:
            logging.getLogger(__name__).exception("the books could not be read; trying again")
            stop.wait(every)
