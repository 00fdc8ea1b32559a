"""Overload: when the server cannot keep up with reading requests, new ones are refused before anything is read.

The queue before the workers refuses fairly, but only what has been read: who asks, and what for. Under ten times the
load that could be served, reading alone takes all of a core, and answers would come after seconds. How late the event
loop is tells so, when it is late twice in a row: once is a busy neighbour.
"""

from __future__ import annotations

import asyncio
import time

from starlette.types import ASGIApp, Receive, Scope, Send

from api.http.problems import Refused
from api.http.unread import Unread

LATE = 0.25
"""Seconds that the event loop may be late."""
LOOK = 0.05
"""Seconds between two looks at how late it is."""
BEGIN = frozenset({"/v1/solve", "/v1/explain", "/v1/holds", "/v1/reservations"})
"""What makes new work. What ends or confirms some is never refused here."""


class Overload:
    """ASGI middleware, outside of all others."""

    def __init__(self, app: ASGIApp, unread: Unread) -> None:
        self._app, self._unread = app, unread
        self._looking: asyncio.AbstractEventLoop | None = None
        self._late = self._before = 0.0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] == "POST" and scope["path"] in BEGIN:
            self._look()
            if self._late > LATE:
                await self._unread.refuse(_late(), "", scope, receive, send)
                return
        await self._app(scope, receive, send)

    def _look(self) -> None:
        loop = asyncio.get_running_loop()
        if self._looking is not loop:
            self._looking = loop
            self._again(loop, time.monotonic())

    def _again(self, loop: asyncio.AbstractEventLoop, due: float) -> None:
        late = time.monotonic() - due
        self._late, self._before = min(late, self._before), late
        loop.call_later(LOOK, self._again, loop, time.monotonic() + LOOK)


def _late() -> Refused:
    return Refused(503, "server.busy", "more requests come than can be read", {"Retry-After": "1"})
