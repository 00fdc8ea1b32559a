"""Keyring: all API keys in memory, at most a second old, so that a request waits for no database."""

from __future__ import annotations

import threading
import time

from planner.access.caller import Caller
from planner.access.denied import Denied
from planner.access.keys import Key, opens, split
from planner.ledger.books import Clock
from planner.store import api_keys
from planner.store.api_keys import KeyRow
from planner.store.database import Database

FRESH = 1.0
"""Seconds: so soon a key that is made or revoked elsewhere counts here."""


class Keyring:
    """For several threads at once."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database, self._clock = database, clock
        self._lock = threading.Lock()
        self._rows: dict[str, KeyRow] = {}
        self._read = float("-inf")

    def stale(self, token: str) -> bool:
        """Whether the database has to be asked before this key can be judged: it may be a new one."""
        parts = split(token)
        known = parts is not None and parts[0] in self._rows
        return not known or time.monotonic() - self._read > FRESH

    def reload(self) -> None:
        """Once for all who wait at the same time. Raises InvalidInput when the database cannot be reached."""
        begun = time.monotonic()
        with self._lock:
            if self._read < begun:  # nobody else did, while this waited
                at = time.monotonic()
                with self._database.reading() as connection:
                    self._rows = {row.id: row for row in api_keys.every(connection)}
                self._read = at

    def caller(self, token: str) -> Caller:
        """Raises Denied: not known, or its time is over."""
        identity, secret = split(token) or ("", "")
        row = self._rows.get(identity)
        if row is None or not opens(row, secret):
            raise Denied("access.invalid", "no such key")
        key = Key.of(row)
        if (state := key.state(self._clock())) != "active":
            raise Denied("access.over", f"the key is {state}: ask for a new one")
        return key.caller()

    def any(self) -> bool:
        """Whether some key opens something now."""
        self.reload()
        return any(Key.of(row).state(self._clock()) == "active" for row in self._rows.values())
