"""`POST /v1/explain`: why applications do not fit and what would make them fit, or why one is in a place or not."""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial

from fastapi import APIRouter, Request, Response
from fastapi.responses import StreamingResponse

from api.http.examples import EXPLAIN
from api.http.limits import json_body
from api.http.openapi import body
from api.http.pool import Pool
from api.http.problems import ProblemDetails
from api.http.solve import decoded, taken
from planner.explain.ask import ExplainRequest, ask
from planner.explain.explanation import Explanations
from planner.inventory.snapshot import Snapshot
from planner.manifests.documents import Source
from planner.manifests.errors import InvalidInput
from planner.manifests.validation import parse

LINES = "application/x-ndjson"


def router(snapshot: Callable[[], Snapshot], pool: Pool) -> APIRouter:
    routes = APIRouter(tags=["plans"])

    @routes.post(
        "/v1/explain",
        operation_id="explain",
        summary="Why not, why here, and what would make it fit",
        response_model=Explanations,
        response_model_exclude_none=True,
        responses={
            200: {"content": {LINES: {"schema": {"$ref": "#/components/schemas/Explanations"}}}},
            422: {"model": ProblemDetails, "description": "The request cannot be used: all that is wrong."},
            503: {"model": ProblemDetails, "description": "Too many requests wait already."},
        },
        openapi_extra=body(ExplainRequest, EXPLAIN),
    )
    async def explain_applications(request: Request) -> Response:
        """A refusal is explained by the few facts that cannot all be true, with counter-offers that were solved again
        and refereed. With `Accept: application/x-ndjson` each line is the whole answer so far: by bounds at once, then
        proven, then with one counter-offer after the other."""
        content = await json_body(request)
        if LINES in request.headers.get("accept", ""):
            return await _streamed(pool, partial(answers, snapshot(), content))
        last = await pool.run(partial(_last, snapshot(), content), gone=request.receive)
        return Response(last, media_type="application/json")

    return routes


def answers(snapshot: Snapshot, content: bytes, stop: threading.Event) -> Iterator[str]:
    """From a body to the JSON of the answer so far, until `stop`. Raises InvalidInput, Refused for what is no JSON."""
    asked = parse(ExplainRequest, decoded(content), Source("request"))
    if problems := taken(snapshot, asked.applications):
        raise InvalidInput(problems)
    today = replace(snapshot, at=datetime.now(UTC).replace(microsecond=0))
    for now in ask(today, asked.applications, asked.about, asked.options):
        if stop.is_set():
            return
        yield now.model_dump_json(by_alias=True, exclude_none=True)


def _last(snapshot: Snapshot, content: bytes, stop: threading.Event) -> str:
    return deque(answers(snapshot, content, stop), maxlen=1).pop()


async def _streamed(pool: Pool, work: partial[Iterator[str]]) -> Response:
    """Answers line by line. What is wrong with the request is raised before the first of them."""
    loop, lines, left = asyncio.get_running_loop(), asyncio.Queue[str | None](), asyncio.Event()

    def told(stop: threading.Event) -> None:
        try:
            for line in work(stop):
                loop.call_soon_threadsafe(lines.put_nowait, line)
        finally:
            loop.call_soon_threadsafe(lines.put_nowait, None)

    working = asyncio.create_task(pool.run(told, gone=left.wait))
    first = asyncio.create_task(lines.get())
    await asyncio.wait({working, first}, return_when=asyncio.FIRST_COMPLETED)
    if working.done() or first.result() is None:
        await working
    return StreamingResponse(_lines(first, lines, working, left), media_type=LINES)


async def _lines(
    first: asyncio.Task[str | None], lines: asyncio.Queue[str | None], working: asyncio.Task[None], left: asyncio.Event
) -> AsyncIterator[str]:
    try:
        line = await first
        while line is not None:
            yield f"{line}\n"
            line = await lines.get()
        await working
    finally:
        left.set()
