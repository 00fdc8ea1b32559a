"""`/v1/plans`: what was planned or is being planned, how it goes, and what becomes of it."""

from __future__ import annotations

import json
from typing import Any

from fastapi import APIRouter, Request, Response
from pydantic import Field

from api.http.access import needs
from api.http.context import Call, Context
from api.http.explain import EVENTS, UNKNOWN
from api.http.openapi import body
from api.http.problems import Refused
from api.http.refusals import REFUSALS
from api.http.searches import cancelled, document, events, found
from api.http.solve import decoded
from api.workers.desk import Desk
from planner.ledger import commit, reserve
from planner.ledger.answer import once
from planner.manifests.documents import Source
from planner.manifests.instants import FOREVER, Instant, told
from planner.manifests.manifest import Manifest
from planner.manifests.reservation import Match
from planner.manifests.validation import parse
from planner.store import decisions, searches

SEARCH = "s-"
"""How ids of plans begin that were asked for without waiting, while a plan's own name is a number in hexadecimal."""


class PromoteRequest(Manifest):
    """The name of the reservation that a plan becomes."""

    name: str = Field(min_length=1, max_length=253)
    match: Match = "open"
    end: Instant | None = Field(None, description="Without one it is unlimited.")


def router(context: Context) -> APIRouter:
    """Over a world there are plans that are on their way, and nothing is booked."""
    routes = APIRouter(tags=["plans"])

    @routes.get("/v1/plans/{plan}", operation_id="getPlan", responses=UNKNOWN, dependencies=[needs("plan")])
    async def get_plan(plan: str, request: Request) -> Response:
        """Its state and how it goes, and the plan once there is one."""
        if context.books and not plan.startswith(SEARCH):
            return await context.work(request, _kept)
        search = await found(context, request, "plan", plan)
        return Response(document(search), media_type="application/json")

    @routes.post("/v1/plans/{plan}:cancel", operation_id="cancelPlan", responses=UNKNOWN, dependencies=[needs("plan")])
    async def cancel_plan(plan: str, request: Request) -> Response:
        """Stop early and keep the best: the answer has the plan, as good as it was found. Nothing is booked. A plan
        that has ended stays as it is."""
        if context.books and not plan.startswith(SEARCH):
            return await context.work(request, _kept)
        return await cancelled(context, await found(context, request, "plan", plan))

    @routes.get("/v1/plans/{plan}/events", operation_id="watchPlan", responses=EVENTS, dependencies=[needs("plan")])
    async def watch_plan(plan: str, request: Request) -> Response:
        """Server-sent events: `progress` with every objective, its bound and the gap, then `done`, `cancelled` or
        `failed`. `Last-Event-ID` goes on from there; who comes after the end gets the end."""
        return events(context, request, await found(context, request, "plan", plan))

    if context.books:
        _book(routes, context)
    return routes


def _book(routes: APIRouter, context: Context) -> None:
    @routes.post("/v1/plans/{plan}:commit", operation_id="commitPlan", responses=REFUSALS, dependencies=[needs("book")])
    async def commit_plan(plan: str, request: Request) -> Response:
        """Book a plan by its name: `plan.stale` when what it was made on has changed since."""
        return await context.work(request, _commit, "book")

    @routes.post(
        "/v1/plans/{plan}:promote",
        operation_id="promotePlan",
        responses=REFUSALS,
        openapi_extra=body(PromoteRequest, {"name": "autumn"}),
        dependencies=[needs("book")],
    )
    async def promote_plan(plan: str, request: Request) -> Response:
        """Keep its room as a reservation, exactly as it stands."""
        return await context.work(request, _promote, "book")


def _kept(call: Call, desk: Desk) -> str:
    """A plan that was made while its client waited, by its own name."""
    kept = decisions.recall(desk.books.database, call.path["plan"])
    tenants = {each["metadata"].get("namespace", "default") for each in json.loads(kept.request)["applications"]}
    if not call.caller.sees(*tenants):
        raise Refused(404, "plan.unknown", f"there is no plan '{kept.id}'")
    head = json.dumps({"id": kept.id, "kind": "plan", "state": "done", "asked": told(kept.at)})
    return f'{head[:-1]},"plan":{kept.plan}}}'


def _name(call: Call, desk: Desk) -> str:
    """Of the plan itself, however it is called."""
    identity = call.path["plan"]
    if not identity.startswith(SEARCH):
        return identity
    kept = searches.find(desk.books.database, [identity]).get(identity)
    if kept is None or not call.caller.sees(*kept.tenants):
        raise Refused(404, "plan.unknown", f"there is no plan '{identity}'")
    answer = json.loads(kept.answer or "{}")
    if "plan" not in answer:
        raise Refused(409, "plan.unfinished", f"the search is {kept.state}, and there is no plan of it to book")
    name: str = answer["plan"]["plan"]
    return name


def _commit(call: Call, desk: Desk) -> dict[str, Any]:
    books, by = desk.books, call.by
    return once(books, by, lambda: commit.commit_plan(books, _name(call, desk), by))


def _promote(call: Call, desk: Desk) -> dict[str, Any]:
    books, by = desk.books, call.by
    asked = parse(PromoteRequest, decoded(call.content), Source("request"))

    end = FOREVER if asked.end is None else asked.end

    def do() -> Any:
        return reserve.promote(books, _name(call, desk), asked.name, by, match=asked.match, end=end)

    return once(books, by, do)
