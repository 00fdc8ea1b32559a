"""Listen: PostgreSQL tells who waits that the books changed; where nobody tells, time passes and they look."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

from sqlalchemy.exc import DBAPIError

from planner.store.database import Database
from planner.store.unit import CHANNEL

SOON = 0.5
"""Seconds after which a stop is noticed."""


def ticks(database: Database, stop: threading.Event, every: float) -> Iterator[None]:
    """One at every change that is told, and one at least every so many seconds, until `stop`."""
    while not stop.is_set():
        if database.sqlite:
            stop.wait(every)
            yield
            continue
        try:
            yield from _told(database, stop, every)
        except DBAPIError:  # the connection is lost: look, and listen again
            stop.wait(every)
            yield


def _told(database: Database, stop: threading.Event, every: float) -> Iterator[None]:
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql(f"LISTEN {CHANNEL}")
        driver: Any = connection.connection.driver_connection
        yield
        try:
            left = every
            while not stop.is_set():
                told = list(driver.notifies(timeout=min(left, SOON), stop_after=1))
                left = every if told else left - SOON
                if told or left <= 0:
                    left = every
                    yield
        finally:
            driver.close()  # it listens: nobody else may have it
            connection.invalidate()
