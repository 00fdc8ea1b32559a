"""Follow: a thread that keeps the picture of the books up to date, and puts what is degraded elsewhere."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from planner.ledger import heal
from planner.ledger.books import Books, By
from planner.ledger.losses import Looks
from planner.store.listen import ticks

EVERY = 0.5
"""Seconds between two looks at the generation, where no change is told."""


@contextmanager
def following(books: Books, every: float = EVERY) -> Iterator[None]:
    """While it is open, `books.latest` is at most a moment old: what another process writes is seen here. What is
    degraded is put elsewhere as soon as there is room."""
    stop, before = threading.Event(), books.followed
    thread = threading.Thread(target=_follow, args=(books, stop, every), daemon=True)
    books.followed = True
    thread.start()
    try:
        yield
    finally:
        books.followed = before
        stop.set()
        thread.join(timeout=5)


def _follow(books: Books, stop: threading.Event, every: float) -> None:
    looks = Looks()
    for _ in ticks(books.database, stop, every):
        try:
            picture = books.picture()
            if looks.due(picture.losses, begin := time.monotonic()):
                found = [heal.put_elsewhere(books, each, By("follower")) for each in sorted(heal.lost(picture))]
                now = time.monotonic()
                looks.done(picture.generation, now - begin, now, raced="raced" in found)
        except Exception:
            logging.getLogger(__name__).exception("the books could not be read; trying again")
            stop.wait(every)
