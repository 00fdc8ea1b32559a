"""`POST /v1/explain`: why applications do not fit and what would make them fit, or why one is in a place or not."""

from __future__ import annotations

import asyncio
import json
import time
from collections import deque
from collections.abc import AsyncIterator, Iterator
from functools import partial
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import StreamingResponse

from api.http.access import acts_for, needs, tenants_in
from api.http.context import Call, Context
from api.http.examples import EXPLAIN
from api.http.limits import instances_within
from api.http.openapi import body
from api.http.problems import ProblemDetails
from api.http.searches import begun, cancelled, document, events, found, later
from api.http.solve import decoded, taken
from api.workers.desk import Desk
from planner.explain.ask import ExplainRequest, ask
from planner.explain.explanation import Explanations
from planner.inventory.snapshot import Snapshot
from planner.ledger.books import Books
from planner.ledger.explain import explain
from planner.manifests.documents import Source
from planner.manifests.errors import InvalidInput
from planner.manifests.validation import parse

UNKNOWN: dict[int | str, dict[str, Any]] = {404: {"model": ProblemDetails, "description": "There is none."}}
EVENTS: dict[int | str, dict[str, Any]] = {
    **UNKNOWN,
    200: {"content": {"text/event-stream": {"schema": {"type": "string"}}}, "description": "Events, until it ends."},
    204: {"description": "The last event was the end: do not connect again."},
}
LINES = "application/x-ndjson"


def router(context: Context) -> APIRouter:
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
            503: {"model": ProblemDetails, "description": "Too many requests wait, or a worker was lost: ask again."},
        },
        openapi_extra=body(ExplainRequest, EXPLAIN),
        dependencies=[needs("plan")],
    )
    async def explain_applications(request: Request) -> Response:
        """A refusal is explained by the few facts that cannot all be true, with counter-offers that were solved again
        and refereed. With `Accept: application/x-ndjson` each line is the whole answer so far: by bounds at once, then
        proven, then with one counter-offer after the other."""
        if later(request.headers):
            return await begun(context, "explanation", await context.call(request), _checked, _last_later, "long")
        if LINES not in request.headers.get("accept", ""):
            return await context.work(request, _last, "long")
        return await _streamed(context, await context.call(request))

    @routes.get(
        "/v1/explanations/{explanation}", operation_id="getExplanation", responses=UNKNOWN, dependencies=[needs("plan")]
    )
    async def explanation(explanation: str, request: Request) -> Response:
        """What was asked for with `Prefer: respond-async`: its state, and the explanations once it is done."""
        search = await found(context, request, "explanation", explanation)
        return Response(document(search), media_type="application/json")

    @routes.post(
        "/v1/explanations/{explanation}:cancel",
        operation_id="cancelExplanation",
        responses=UNKNOWN,
        dependencies=[needs("plan")],
    )
    async def cancel_explanation(explanation: str, request: Request) -> Response:
        """It ends with what it has."""
        return await cancelled(context, await found(context, request, "explanation", explanation))

    @routes.get(
        "/v1/explanations/{explanation}/events",
        operation_id="watchExplanation",
        responses=EVENTS,
        dependencies=[needs("plan")],
    )
    async def watch_explanation(explanation: str, request: Request) -> Response:
        """Server-sent events: `progress`, then `done`, `cancelled` or `failed`. `Last-Event-ID` goes on from there."""
        return events(context, request, await found(context, request, "explanation", explanation))

    return routes


def answers(call: Call, desk: Desk) -> Iterator[str]:
    """The JSON of the answer so far, until it is stopped. Raises InvalidInput, Refused for what is no JSON."""
    asked = parse(ExplainRequest, decoded(call.content), Source("request"))
    acts_for(call.caller, tenants_in(asked.applications))
    for so_far in _explained(call, desk, asked):
        yield so_far.model_dump_json(by_alias=True, exclude_none=True)
        if desk.stopped():
            return


def _explained(call: Call, desk: Desk, asked: ExplainRequest) -> Iterator[Explanations]:
    """On the books, what others have booked counts, but is not named."""
    if isinstance(desk.source, Books):
        tenants = call.caller.tenants
        picture = desk.source.picture().seen_by(tenants)
        _fit_to_ask(call, picture.snapshot, asked)
        return explain(picture, asked.applications, asked.about, asked.options, desk.now(), tenants)
    snapshot = desk.snapshot(call.caller.tenants)
    _fit_to_ask(call, snapshot, asked)
    return ask(snapshot, asked.applications, asked.about, asked.options)


def _fit_to_ask(call: Call, snapshot: Snapshot, asked: ExplainRequest) -> None:
    """Raises InvalidInput for names that run already, Refused for too many instances."""
    instances_within(call.instances, asked.applications, len(snapshot.inventory.sites))
    if problems := taken(snapshot, asked.applications):
        raise InvalidInput(problems)


def _last(call: Call, desk: Desk) -> str:
    return deque(answers(call, desk), maxlen=1).pop()


def _told(call: Call, desk: Desk) -> None:
    """What there is of the answer is its progress."""
    for answer in answers(call, desk):
        if desk.tell is not None:
            desk.tell(answer)


def _checked(call: Call, desk: Desk) -> tuple[str, ...]:
    """The tenants that it is about. Raises what is wrong with the request."""
    asked = parse(ExplainRequest, decoded(call.content), Source("request"))
    acts_for(call.caller, tenants_in(asked.applications))
    _fit_to_ask(call, desk.snapshot(call.caller.tenants), asked)
    return tuple(sorted({each.metadata.namespace for each in asked.applications}))


def _last_later(call: Call, desk: Desk) -> str:
    found = []
    for answer in answers(call, desk):
        found.append(answer)
        if desk.tell is not None:
            seconds = round(time.monotonic() - desk.begun, 3)
            desk.tell(json.dumps({"seconds": seconds, "answers": len(found)}))
    return f'{{"explanations":{found[-1]}}}'


async def _streamed(context: Context, call: Call) -> Response:
    """Answers line by line. What is wrong with the request is raised before the first of them."""
    lines = asyncio.Queue[str | None]()
    job = context.pool.submit(partial(_told, call), lane="long", tenant=call.caller.id, show=lines.put_nowait)
    job.done.add_done_callback(lambda _: lines.put_nowait(None))
    first = await lines.get()
    if first is None:
        await job.done
    return StreamingResponse(_lines(context, job, first, lines), media_type=LINES)


async def _lines(context: Context, job: Any, first: str | None, lines: asyncio.Queue[str | None]) -> AsyncIterator[str]:
    try:
        line = first
        while line is not None:
            yield f"{line}\n"
            line = await lines.get()
        await job.done
    finally:
        if not job.done.done():
            context.pool.stop(job, keep=False)
