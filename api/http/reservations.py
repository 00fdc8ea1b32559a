"""`/v1/reservations`: capacity that is promised to a tenant."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response

from api.http.access import acts_for, needs
from api.http.context import Call, Context
from api.http.examples import RESERVATION
from api.http.openapi import body
from api.http.refusals import REFUSALS
from api.http.solve import decoded
from api.workers.desk import Desk
from planner.ledger import reserve
from planner.ledger.answer import booking_told, once
from planner.manifests.documents import Source
from planner.manifests.reservation import Reservation
from planner.manifests.validation import parse


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

    @routes.get("/v1/reservations", operation_id="listReservations", dependencies=[needs("read")])
    async def reservations(request: Request) -> Response:
        """Those that are active."""
        return await context.work(request, _list)

    @routes.delete("/v1/reservations/{tenant}/{name}", operation_id="cancelReservation", dependencies=[needs("book")])
    async def cancel_reservation(tenant: str, name: str, request: Request) -> Response:
        """Its room is free from now on."""
        return await context.work(request, _cancel, "book")

    return routes


def _reserve(call: Call, desk: Desk) -> dict[str, Any]:
    wanted = parse(Reservation, decoded(call.content), Source("request"))
    acts_for(call.caller, [wanted.tenant])
    return once(desk.books, call.by, lambda: desk.booked(reserve.reserve(desk.books, wanted, call.by)))


def _list(call: Call, desk: Desk) -> list[dict[str, Any]]:
    found = [each for each in desk.books.picture().bookings.values() if each.kind == "reservation"]
    return [booking_told(each) for each in found if call.caller.sees(each.tenant)]


def _cancel(call: Call, desk: Desk) -> dict[str, Any]:
    tenant, name = call.path["tenant"], call.path["name"]
    return once(desk.books, call.by, lambda: reserve.cancel(desk.books, tenant, name, call.by))
