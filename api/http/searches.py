"""Asking without waiting: `Prefer: respond-async` is answered 202; the search tells how it goes and how it ended."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from functools import partial
from typing import Any

import anyio
from fastapi import Request, Response
from sse_starlette import EventSourceResponse, ServerSentEvent
from starlette.datastructures import Headers

from api.http.access import caller_of
from api.http.context import Call, Context
from api.http.problems import Refused
from api.workers.desk import Desk, GivenUp
from api.workers.queue import Lane
from api.workers.searches import Ended, Search, named, now, problem_answer
from planner.ledger import refused as ledger
from planner.manifests.errors import InvalidInput
from planner.manifests.instants import told
from planner.store import searches as store
from planner.store.searches import Kind

PATHS: dict[Kind, str] = {"plan": "/v1/plans", "explanation": "/v1/explanations"}
WAIT = 30.0
"""Seconds that a cancel waits for the search to end with what it has."""
FAREWELL = 2.0
"""Seconds that streams have to say goodbye when the server stops."""
Make = Callable[[Call, Desk], str]
"""From a request to the JSON object with its answer: `{"plan": ...}`, `{"booking": ...}`, `{"explanations": ...}`."""


def later(headers: Headers) -> bool:
    """Whether the client does not want to wait (RFC 7240)."""
    wanted = ",".join(headers.getlist("prefer")).lower().split(",")
    return "respond-async" in {each.partition(";")[0].strip() for each in wanted}


async def begun(
    context: Context, kind: Kind, call: Call, check: Callable[..., Any], make: Make, lane: Lane
) -> Response:
    """202 with where to look. check(call, desk): the tenants that it is about; raises what is wrong with it."""
    tenant = call.caller.id
    tenants = await context.pool.run(partial(check, call), lane="short", tenant=tenant)
    identity = named(kind)
    work = partial(_searched, identity, make, call)
    search = await context.searches.begin(kind, identity, tenants, work, lane, tenant)
    where = f"{PATHS[kind]}/{identity}"
    headers = {"Location": where, "Preference-Applied": "respond-async", "Retry-After": "1"}
    return Response(document(search), 202, headers, media_type="application/json")


def document(search: Search) -> str:
    """The search as JSON; its answer is JSON already, and may be large."""
    head: dict[str, Any] = {"id": search.id, "kind": search.kind, "state": search.now, "asked": told(search.asked)}
    if search.progress:
        head["progress"] = json.loads(search.progress)
    text = json.dumps(head, ensure_ascii=False)
    return f"{text[:-1]},{search.answer[1:]}" if len(search.answer) > 2 else text


async def found(context: Context, request: Request, kind: Kind, identity: str) -> Search:
    """Raises Refused when there is none that the caller may see."""
    caller = caller_of(request)
    search = await context.searches.find(identity)
    if search is None or search.kind != kind or not caller.sees(*search.tenants):
        raise Refused(404, f"{kind}.unknown", f"there is no {kind} '{identity}'")
    return search


async def cancelled(context: Context, search: Search) -> Response:
    """The search, ended with what it has, or still at it when that takes long."""
    await context.searches.cancel(search)
    await context.searches.ended(search, WAIT)
    again = await context.searches.find(search.id) or search
    return Response(document(again), media_type="application/json")


def events(context: Context, request: Request, search: Search) -> Response:
    """Server-sent events: progress, then one that is named as the state it ended in. Whoever comes later gets the
    latest at once; who has the last one already is told that there is no more (204)."""
    last = request.headers.get("last-event-id", "")
    if last == "end":
        return Response(status_code=204)
    stopping = anyio.Event()
    return EventSourceResponse(
        _events(context, search, last),
        ping=15,
        shutdown_event=stopping,
        shutdown_grace_period=FAREWELL,
    )


async def _events(context: Context, search: Search, last: str) -> AsyncIterator[ServerSentEvent]:
    where = f"{PATHS[search.kind]}/{search.id}"
    async for so_far in context.searches.news(search):
        if not so_far.open:
            yield ServerSentEvent(_summary(so_far, where), event=so_far.state, id="end")
            return
        if str(so_far.number) != last:
            yield ServerSentEvent(_summary(so_far, where), event="progress", id=str(so_far.number))
    yield ServerSentEvent(json.dumps({"id": search.id}), event="closing", retry=1000)


def _summary(search: Search, where: str) -> str:
    """Small, for there may be many who watch. A plan is read at its place."""
    told_of: dict[str, Any] = {"id": search.id, "state": search.now, "location": where}
    if search.progress:
        told_of["progress"] = json.loads(search.progress)
    if search.state == "failed":
        told_of |= json.loads(search.answer or "{}")
    return json.dumps(told_of, ensure_ascii=False)


def _searched(identity: str, make: Make, call: Call, desk: Desk) -> Ended:
    """In a worker: the answer, or why there is none, and its row in the books."""
    try:
        answer = make(call, desk)
        ended = Ended("cancelled" if desk.stopped() else "done", answer)
    except (Refused, ledger.Refused, InvalidInput) as error:
        ended = Ended("failed", problem_answer(error))
    except GivenUp:
        ended = Ended("failed", problem_answer(Refused(503, "server.stopping", "the server stopped; ask again")))
    if desk.seen().books:
        store.end(desk.books.database, identity, ended.state, ended.answer, now())
    return ended
