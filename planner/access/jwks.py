"""The issuer's public keys, from a URL or a file: kept, and read again when they are old or a key is not among them."""

from __future__ import annotations

import json
import threading
import time
from http.client import HTTPException
from pathlib import Path
from urllib.request import urlopen

from jwt import PyJWK, PyJWKSet
from jwt.exceptions import PyJWTError

from planner.access.denied import Unavailable

PATIENCE = 5.0
"""Seconds for the issuer to answer."""
LARGEST = 2**20
"""Bytes of keys; an issuer has a few."""
APART = 10.0
"""Seconds at least between two requests to the issuer: a token with an unknown key costs strangers nothing."""


class Jwks:
    """source: URL or path. refresh: seconds. For several threads at once."""

    def __init__(self, source: str, refresh: float, apart: float = APART) -> None:
        self._source, self._refresh, self._apart = source, refresh, apart
        self._lock = threading.Lock()
        self._keys: dict[str | None, PyJWK] = {}
        self._read = self._asked = float("-inf")
        self._failed = ""

    def known(self, kid: str | None) -> PyJWK | None:
        """Without a look at the source; None when it has to be asked."""
        return None if time.monotonic() - self._read > self._refresh else self._keys.get(kid)

    def key(self, kid: str | None) -> PyJWK | None:
        """None when the issuer has no such key. An issuer that cannot be asked is asked again later, and what it said
        before still counts. Raises Unavailable when it never said anything."""
        with self._lock:
            if self.known(kid) is None and time.monotonic() - self._asked > self._apart:
                self._asked = time.monotonic()
                try:
                    self._keys, self._failed = self._load(), ""
                    self._read = time.monotonic()
                except (OSError, ValueError, HTTPException, PyJWTError) as error:
                    self._failed = str(error)
            if not self._keys and self._failed:
                raise Unavailable(f"the keys of the token's issuer cannot be read: {self._failed}")
            return self._keys.get(kid)

    def _load(self) -> dict[str | None, PyJWK]:
        """Keys by their ids; if there is only one, it is also for tokens that name none."""
        if self._source.startswith(("http://", "https://")):
            with urlopen(self._source, timeout=PATIENCE) as answer:
                content = json.loads(answer.read(LARGEST))
        else:
            content = json.loads(Path(self._source).read_text())
        if not isinstance(content, dict):
            raise ValueError("no JSON object")
        every = PyJWKSet.from_dict(content).keys
        public = [key for key in every if key.key_type != "oct" and key.public_key_use != "enc"]
        keys: dict[str | None, PyJWK] = {key.key_id: key for key in public}
        return {**keys, None: next(iter(keys.values()))} if len(keys) == 1 else keys
