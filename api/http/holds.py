"""`/v1/holds`: room that is held until it is confirmed, cancelled, or expires by the clock."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response
from pydantic import Field

from api.http.access import needs
from api.http.context import Call, Context
from api.http.examples import SOLVE
from api.http.lanes import sized
from api.http.openapi import body
from api.http.refusals import REFUSALS
from api.http.solve import SolveRequest, asked_of, decoded
from api.workers.desk import Desk
from planner.ledger import holds
from planner.ledger.answer import once
from planner.ledger.book import HOLD
from planner.manifests.documents import Source
from planner.manifests.instants import Duration
from planner.manifests.manifest import Manifest
from planner.manifests.validation import parse


class HoldRequest(SolveRequest):
    """Applications to hold room for."""

    ttl: Duration = Field(HOLD, description="How long, unless it is confirmed.")


class ExtendRequest(Manifest):
    ttl: Duration = Field(HOLD, description="From now on.")


def router(context: Context) -> APIRouter:
    routes = APIRouter(tags=["holds"], dependencies=[needs("book")])

    @routes.post("/v1/holds", operation_id="hold", responses=REFUSALS, openapi_extra=body(HoldRequest, SOLVE))
    async def hold(request: Request) -> Response:
        """Hold room until it is confirmed, cancelled, or expires by the clock."""
        call = await context.call(request)
        lane, tenant = sized(call.content, commits=True)
        return await context.answer(request, call, _hold, lane, tenant)

    @routes.post("/v1/holds/{hold}:confirm", operation_id="confirmHold", responses=REFUSALS)
    async def confirm(hold: str, request: Request) -> Response:
        """Its instances run from now on."""
        return await context.work(request, _confirm, "book")

    @routes.post("/v1/holds/{hold}:cancel", operation_id="cancelHold", responses=REFUSALS)
    async def cancel(hold: str, request: Request) -> Response:
        """Its room is free again."""
        return await context.work(request, _cancel, "book")

    @routes.post("/v1/holds/{hold}:extend", operation_id="extendHold", responses=REFUSALS)
    async def extend(hold: str, request: Request) -> Response:
        """It expires later: `ttl` from now."""
        return await context.work(request, _extend, "book")

    return routes


def _hold(call: Call, desk: Desk) -> dict[str, Any]:
    asked, _ = asked_of(HoldRequest, call, desk)
    return once(
        desk.books,
        call.by,
        lambda: desk.booked(holds.hold(desk.books, asked.applications, asked.options, call.by, ttl=asked.ttl)),
    )


def _confirm(call: Call, desk: Desk) -> dict[str, Any]:
    return once(desk.books, call.by, lambda: holds.confirm(desk.books, call.path["hold"], call.by))


def _cancel(call: Call, desk: Desk) -> dict[str, Any]:
    return once(desk.books, call.by, lambda: holds.cancel(desk.books, call.path["hold"], call.by))


def _extend(call: Call, desk: Desk) -> dict[str, Any]:
    asked = parse(ExtendRequest, decoded(call.content or b"{}"), Source("request"))
    return once(desk.books, call.by, lambda: holds.extend(desk.books, call.path["hold"], asked.ttl, call.by))
