"""`/v1/reservations`: capacity that is promised to a tenant."""

from __future__ import annotations

from functools import partial
from typing import Any, Literal

from fastapi import APIRouter, Depends, Query, Request, Response

from api.http import pages
from api.http.access import acts_for, needs
from api.http.context import Call, Context, Reply
from api.http.etags import etag, matched
from api.http.examples import RESERVATION
from api.http.openapi import body
from api.http.pages import known_parameters
from api.http.refusals import REFUSALS
from api.http.solve import decoded
from api.workers.desk import Desk
from planner.ledger import reserve
from planner.ledger.answer import once
from planner.listings.bookings import BookingRow, ReservationDetail, bookings
from planner.listings.bookings import reservation as found
from planner.manifests.documents import Source
from planner.manifests.errors import InputProblem, InvalidInput
from planner.manifests.reservation import Reservation
from planner.manifests.validation import parse

Shown = Literal["active", "cancelled", "used", "ended", "all"]


def router(context: Context) -> APIRouter:
    routes = APIRouter(tags=["reservations"])

    @routes.post(
        "/v1/reservations",
        operation_id="reserve",
        responses=REFUSALS,
        openapi_extra=body(Reservation, RESERVATION),
        dependencies=[needs("book")],
    )
    async def reserve_capacity(request: Request) -> Response:
        """Promise capacity to a tenant; all of it or nothing."""
        return await context.work(request, _reserve, "book")

    @routes.get(
        "/v1/reservations",
        operation_id="listReservations",
        summary="List reservations",
        response_model=pages.model_of(BookingRow),
        dependencies=[needs("read"), Depends(known_parameters)],
    )
    async def reservations(
        request: Request,
        tenant: list[str] | None = Query(None),
        name: list[str] | None = Query(None),
        state: list[Shown] | None = Query(None, description="`active`, when left out."),
        fields: str | None = Query(None, description="Only these, joined by commas."),
        limit: int = Query(pages.USUAL, ge=1, le=context.limits.page, description="Rows of a page."),
        page: str | None = Query(None, description="`next` of the page before."),
    ) -> Response:
        """Those of the caller's tenants, by start."""
        filters = {"tenant": tenant, "name": name, "state": state}
        asked = pages.asked("/v1/reservations", filters, limit, fields, page)
        return await context.work(request, partial(_list, asked))

    @routes.get(
        "/v1/reservations/{tenant}/{name}",
        operation_id="getReservation",
        summary="Look at a reservation",
        response_model=ReservationDetail,
        response_model_exclude_none=True,
        dependencies=[needs("read")],
    )
    async def reservation(tenant: str, name: str, request: Request) -> Response:
        """The active one of that name, with its manifest and where it stands. Its ETag is the generation in which it
        changed or was used last."""
        return await context.work(request, _get)

    @routes.put(
        "/v1/reservations/{tenant}/{name}",
        operation_id="changeReservation",
        summary="Change a reservation",
        response_model=ReservationDetail,
        response_model_exclude_none=True,
        responses=REFUSALS,
        openapi_extra=body(Reservation, RESERVATION),
        dependencies=[needs("book")],
    )
    async def change(tenant: str, name: str, request: Request) -> Response:
        """To what the manifest says from now on: the new promise as a whole, or the old one stays. Needs If-Match.
        Before its start everything may change; after it the start stays."""
        return await context.work(request, partial(_change, matched(request)), "book")

    @routes.delete(
        "/v1/reservations/{tenant}/{name}",
        operation_id="cancelReservation",
        summary="Give a reservation back",
        dependencies=[needs("book")],
    )
    async def cancel_reservation(tenant: str, name: str, request: Request) -> Response:
        """Its room is free from now on."""
        return await context.work(request, _cancel, "book")

    return routes


def _reserve(call: Call, desk: Desk) -> dict[str, Any]:
    wanted = parse(Reservation, decoded(call.content), Source("request"))
    acts_for(call.caller, [wanted.tenant])
    return once(desk.books, call.by, lambda: desk.booked(reserve.reserve(desk.books, wanted, call.by)))


def _list(asked: pages.Asked, call: Call, desk: Desk) -> Reply:
    rows = bookings(desk.books, "reservation", call.by, asked.filters, asked.after, asked.limit)
    return Reply(pages.told(rows, asked))


def _get(call: Call, desk: Desk) -> Reply:
    row = found(desk.books, call.path["tenant"], call.path["name"], call.by)
    return Reply(row.model_dump(mode="json", by_alias=True, exclude_none=True), headers=etag(row.generation))


def _change(match: int | None, call: Call, desk: Desk) -> Reply:
    wanted = parse(Reservation, decoded(call.content), Source("request"))
    if (wanted.tenant, wanted.metadata.name) != (call.path["tenant"], call.path["name"]):
        given = f"'{wanted.tenant}/{wanted.metadata.name}'"
        expected = f"{call.path['tenant']}/{call.path['name']}, as in the path"
        raise InvalidInput([InputProblem("request", None, "metadata", given, expected)])
    reserve.change(desk.books, wanted, call.by, match=match)
    return _get(call, desk)


def _cancel(call: Call, desk: Desk) -> dict[str, Any]:
    tenant, name = call.path["tenant"], call.path["name"]
    return once(desk.books, call.by, lambda: reserve.cancel(desk.books, tenant, name, call.by))
