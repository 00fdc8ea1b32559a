"""`/v1/holds`: room that is held until it is confirmed, cancelled, or expires by the clock."""

from __future__ import annotations

from functools import partial
from typing import Any, Literal

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import Field

from api.http import pages
from api.http.access import needs
from api.http.context import Call, Context, Reply
from api.http.etags import etag
from api.http.examples import SOLVE
from api.http.lanes import sized
from api.http.openapi import body
from api.http.pages import known_parameters
from api.http.refusals import REFUSALS
from api.http.solve import SolveRequest, asked_of, decoded
from api.workers.desk import Desk
from planner.ledger import holds
from planner.ledger.answer import once
from planner.ledger.book import HOLD
from planner.listings.bookings import BookingRow, HoldDetail, bookings
from planner.listings.bookings import hold as found
from planner.manifests.documents import Source
from planner.manifests.instants import Duration
from planner.manifests.manifest import Manifest
from planner.manifests.validation import parse


class HoldRequest(SolveRequest):
    """Applications to hold room for."""

    ttl: Duration = Field(HOLD, description="How long, unless it is confirmed.")


class ExtendRequest(Manifest):
    ttl: Duration = Field(HOLD, description="From now on.")


Shown = Literal["active", "confirmed", "cancelled", "expired", "all"]


def router(context: Context) -> APIRouter:
    routes = APIRouter(tags=["holds"])

    @routes.post(
        "/v1/holds",
        operation_id="hold",
        summary="Hold room",
        responses=REFUSALS,
        openapi_extra=body(HoldRequest, SOLVE),
        dependencies=[needs("book")],
    )
    async def hold(request: Request) -> Response:
        """Hold room until it is confirmed, cancelled, or expires by the clock."""
        call = await context.call(request)
        lane, tenant, _ = sized(call.content, call.caller, commits=True)
        return await context.answer(request, call, _hold, lane, tenant)

    @routes.post(
        "/v1/holds/{hold}:confirm", operation_id="confirmHold", responses=REFUSALS, dependencies=[needs("book")]
    )
    async def confirm(hold: str, request: Request) -> Response:
        """Its instances run from now on."""
        return await context.work(request, _confirm, "book")

    @routes.post("/v1/holds/{hold}:cancel", operation_id="cancelHold", responses=REFUSALS, dependencies=[needs("book")])
    async def cancel(hold: str, request: Request) -> Response:
        """Its room is free again."""
        return await context.work(request, _cancel, "book")

    @routes.post(
        "/v1/holds/{hold}:extend",
        operation_id="extendHold",
        responses=REFUSALS,
        dependencies=[needs("book")],
        openapi_extra=body(ExtendRequest, {"ttl": "10m"}, required=False),
    )
    async def extend(hold: str, request: Request) -> Response:
        """It expires later: `ttl` from now."""
        return await context.work(request, _extend, "book")

    @routes.get(
        "/v1/holds",
        operation_id="listHolds",
        summary="List holds",
        response_model=pages.model_of(BookingRow),
        dependencies=[needs("read"), Depends(known_parameters)],
    )
    async def held(
        request: Request,
        tenant: list[str] | None = Query(None),
        state: list[Shown] | None = Query(None, description="`active`, when left out."),
        fields: str | None = Query(None, description="Only these, joined by commas."),
        limit: int = Query(pages.USUAL, ge=1, le=context.limits.page, description="Rows of a page."),
        page: str | None = Query(None, description="`next` of the page before."),
    ) -> Response:
        """Those of the caller's tenants, by start."""
        asked = pages.asked("/v1/holds", {"tenant": tenant, "state": state}, limit, fields, page)
        return await context.work(request, partial(_list, asked))

    @routes.get(
        "/v1/holds/{hold}",
        operation_id="getHold",
        summary="Look at a hold",
        response_model=HoldDetail,
        response_model_exclude_none=True,
        dependencies=[needs("read")],
    )
    async def one(hold: str, request: Request) -> Response:
        """One that is active, with its applications and where they would be."""
        return await context.work(request, _get)

    return routes


def _list(asked: pages.Asked, call: Call, desk: Desk) -> Reply:
    rows = bookings(desk.books, "hold", call.by, asked.filters, asked.after, asked.limit)
    return Reply(pages.told(rows, asked))


def _get(call: Call, desk: Desk) -> Reply:
    row = found(desk.books, call.path["hold"], call.by)
    return Reply(row.model_dump(mode="json", by_alias=True, exclude_none=True), headers=etag(row.generation))


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
