"""Refused unread: the answer for what cannot be served, at a third of what it costs to look at a request first.

Such a request has no id and no line in the log: a line a second tells of all of them, and the metrics count each.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter

from starlette.types import Receive, Scope, Send

from api.http.problems import Refused, problem
from api.observe.watch import Watch

TELL = 1.0
"""Seconds between two lines of the log."""
log = logging.getLogger("bayplan.requests")


class Unread:
    """Of one server."""

    def __init__(self, watch: Watch) -> None:
        self._watch = watch
        self._callers = Counter[str]()

    async def refuse(self, why: Refused, caller: str, scope: Scope, receive: Receive, send: Send) -> None:
        """caller: by name, as far as it is known."""
        if not self._callers:
            asyncio.get_running_loop().call_later(TELL, self._tell)
        self._callers[caller] += 1
        self._watch.metrics.begun()
        await problem(why.status, why.code, why.detail, headers=why.headers)(scope, receive, send)
        self._watch.metrics.answered(scope["method"], scope["path"], why.status, 0.0, why.code)

    def _tell(self) -> None:
        told = {"refused": self._callers.total(), "callers": dict(self._callers)}
        log.warning("requests were refused unread", extra=told)
        self._callers.clear()
