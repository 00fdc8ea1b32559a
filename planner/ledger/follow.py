"""Follow: a thread that keeps the picture of the books up to date, so that nobody waits for it."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from planner.ledger import heal
from planner.ledger.books import Books, By
from planner.store.listen import ticks

EVERY = 0.5
"""Seconds between two looks at the generation, where no change is told."""
HEALS = 30.0
"""Seconds between two attempts to put what is degraded elsewhere, should there be room by now."""


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
    tried = -HEALS
    for _ in ticks(books.database, stop, every):
        try:
            picture = books.picture()
            if any(each.degraded for each in picture.bookings.values()) and time.monotonic() - tried > HEALS:
                tried = time.monotonic()
                heal.replace_lost(books, By("follower"))
        except Exception:
            logging.getLogger(__name__).exception("the books could not be read; trying again")
            stop.wait(every)
