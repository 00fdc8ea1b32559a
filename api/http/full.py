"""A full queue: who would be refused by it is refused before anything else is done.

To route a request and to hand it to a queue that then refuses it takes the process that listens three times as long.
With ten times the load that can be served that is most of a core, and those who are let in wait for it.
"""

from __future__ import annotations

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.http.access import Access
from api.http.lanes import for_a_plan
from api.http.searches import later
from api.http.unread import Unread
from api.workers.pool import Pool, busy
from planner.access.caller import Caller

PATH = "/v1/solve"


class Full:
    """ASGI middleware. Strangers are none of its business: they are told so inside, as ever."""

    def __init__(self, app: ASGIApp, unread: Unread, pool: Pool, access: Access) -> None:
        self._app, self._unread, self._pool, self._access = app, unread, pool, access

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not self._pool.queue.full() or not _waits(scope):
            await self._app(scope, receive, send)
            return
        caller, first = self._access.known(Headers(scope=scope)), await receive()
        if caller is not None and not first.get("more_body") and not self._admits(first.get("body", b""), caller):
            await self._unread.refuse(busy(), caller.name, scope, receive, send)
            return
        await self._app(scope, _again(first, receive), send)

    def _admits(self, content: bytes, caller: Caller) -> bool:
        lane, tenant, _ = for_a_plan(content, caller, self._pool.seen.books)
        return self._pool.queue.admits(lane, tenant)


def _waits(scope: Scope) -> bool:
    """It wants a plan, and waits for it."""
    plan = scope["type"] == "http" and scope["method"] == "POST" and scope["path"] == PATH
    return plan and not later(Headers(scope=scope))


def _again(first: Message, rest: Receive) -> Receive:
    """What was received already comes first."""
    waiting = [first]

    async def receive() -> Message:
        return waiting.pop() if waiting else await rest()

    return receive
