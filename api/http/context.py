"""What every router gets: the workers, who asks, and the one way from a request to its answer."""

from __future__ import annotations

from collections.abc import Callable
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


Do = Callable[[Call, Desk], Any]
"""A function of a module, for it is called in another process. Its result: JSON as text, or what JSON can say."""


@dataclass(frozen=True, slots=True)
class Context:
    pool: Pool
    searches: Searches
    limits: Limits = field(default_factory=Limits)

    @property
    def books(self) -> bool:
        """Whether there are books, or a world on which nothing is booked."""
        return self.pool.seen.books

    async def call(self, request: Request) -> Call:
        """Who asks, and the whole body."""
        content = await json_body(request)
        caller, by = caller_of(request), by_of(request, content)
        return Call(caller, by, content, request.path_params, self.limits.instances)

    async def work(self, request: Request, do: Do, lane: Lane = "short") -> Response:
        """The answer of `do`, called in a worker; it is given up when the client leaves."""
        call = await self.call(request)
        return await self.answer(request, call, do, lane, call.caller.id)

    async def answer(
        self, request: Request, call: Call, do: Do, lane: Lane, tenant: str, together: Together | None = None
    ) -> Response:
        work = partial(do, call)
        result = await self.pool.run(work, lane=lane, tenant=tenant, gone=request.receive, together=together)
        if isinstance(result, str):
            return Response(result, media_type="application/json")
        return JSONResponse(result)
