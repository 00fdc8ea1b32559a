"""What every router gets: the workers, who asks, and the one way from a request to its answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from fastapi import Request, Response
from fastapi.responses import JSONResponse

from api.http.access import by_of, caller_of
from api.http.limits import Limits, json_body
from api.workers.desk import Desk
from api.workers.pool import Pool
from api.workers.queue import Lane
from api.workers.searches import Searches
from api.workers.worker import Together
from planner.access.caller import Caller
from planner.ledger.books import By


@dataclass(frozen=True, slots=True)
class Call:
    """A request, as a worker gets it. by: who asks, as the books write it down, with the idempotency key. path: the
    names in it. instances: that one request may ask for."""

    caller: Caller
    by: By
    content: bytes
    path: dict[str, str]
    instances: int


@dataclass(frozen=True, slots=True)
class Reply:
    """content: JSON as text, or what JSON can say."""

    content: Any
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


Do = Callable[[Call, Desk], Any]
"""A function of a module, for it is called in another process. Its result: a Reply, or the content of one."""


@dataclass(frozen=True, slots=True)
class Context:
    pool: Pool
    searches: Searches
    limits: Limits = field(default_factory=Limits)

    @property
    def books(self) -> bool:
        """Whether there are books, or a world on which nothing is booked."""
        return self.pool.seen.books

    async def call(self, request: Request, content: bytes | None = None) -> Call:
        """Who asks, and the whole body: JSON, unless it was read already."""
        content = await json_body(request) if content is None else content
        caller, by = caller_of(request), by_of(request, content)
        return Call(caller, by, content, request.path_params, self.limits.instances)

    async def work(self, request: Request, do: Do, lane: Lane = "short", content: bytes | None = None) -> Response:
        """The answer of `do`, called in a worker; it is given up when the client leaves. content: of the body, where it
        is no JSON."""
        call = await self.call(request, content)
        return await self.answer(request, call, do, lane, call.caller.id)

    async def answer(
        self, request: Request, call: Call, do: Do, lane: Lane, tenant: str, together: Together | None = None
    ) -> Response:
        work = partial(do, call)
        result = await self.pool.run(work, lane=lane, tenant=tenant, gone=request.receive, together=together)
        reply = result if isinstance(result, Reply) else Reply(result)
        if isinstance(reply.content, str):
            return Response(reply.content, reply.status, dict(reply.headers), media_type="application/json")
        return JSONResponse(reply.content, reply.status, dict(reply.headers))
