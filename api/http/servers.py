"""`/v1/servers`: machines, what they offer and what of them is free; they come, change and retire."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from fastapi import APIRouter, Depends, Query, Request, Response

from api.http import pages
from api.http.access import needs
from api.http.context import Call, Context, Reply
from api.http.etags import etag, matched
from api.http.openapi import body
from api.http.pages import known_parameters
from api.http.sites import generations, labels
from api.http.solve import decoded
from api.workers.desk import Desk
from planner.ledger.arrive import NewServer, arrive
from planner.ledger.edit import PlaceChange, edit
from planner.listings import places
from planner.listings.places import ServerRow
from planner.manifests.documents import Source
from planner.manifests.site import State
from planner.manifests.validation import parse

NEW = {"server": "gz-9", "site": "gz-telecom", "rack": "r1", "capacity": {"cpu": "64", "memory": "256Gi"}}


def router(context: Context) -> APIRouter:
    routes = APIRouter(tags=["inventory"], dependencies=[Depends(known_parameters)])

    @routes.get(
        "/v1/servers",
        operation_id="listServers",
        summary="List servers",
        response_model=pages.model_of(ServerRow),
        dependencies=[needs("read")],
    )
    async def servers(
        request: Request,
        site: list[str] | None = Query(None),
        region: list[str] | None = Query(None),
        province: list[str] | None = Query(None),
        city: list[str] | None = Query(None),
        carrier: list[str] | None = Query(None),
        cluster: list[str] | None = Query(None),
        rack: list[str] | None = Query(None),
        state: list[State] | None = Query(None),
        capability: list[str] | None = Query(None, description="Of it or its site; one of several will do."),
        fields: str | None = Query(None, description="Only these, joined by commas."),
        limit: int = Query(pages.USUAL, ge=1, le=context.limits.page, description="Rows of a page."),
        page: str | None = Query(None, description="`next` of the page before."),
    ) -> Response:
        """In the order of their sites, with what is free now. A label filters by `label.NAME=value`."""
        filters: dict[str, Sequence[str] | None] = {
            "site": site,
            "region": region,
            "province": province,
            "city": city,
            "carrier": carrier,
        }
        filters |= {"cluster": cluster, "rack": rack, "state": state, "capability": capability, **labels(request)}
        asked = pages.asked("/v1/servers", filters, limit, fields, page)
        return await context.work(request, partial(_list, asked))

    @routes.get(
        "/v1/servers/{server}",
        operation_id="getServer",
        summary="Look at a server",
        response_model=ServerRow,
        dependencies=[needs("read")],
    )
    async def server(server: str, request: Request) -> Response:
        """With what is free on it. Its ETag is the generation of its last change."""
        return await context.work(request, _get)

    if context.books:
        _changing(routes, context)
    return routes


def _changing(routes: APIRouter, context: Context) -> None:
    @routes.post(
        "/v1/servers",
        operation_id="addServer",
        summary="Add a server",
        status_code=201,
        response_model=ServerRow,
        openapi_extra=body(NewServer, NEW),
        dependencies=[needs("operate")],
    )
    async def add(request: Request) -> Response:
        """To a site that is known. Many at once come by `/v1/inventory:import`."""
        return await context.work(request, _add, "book")

    @routes.patch(
        "/v1/servers/{server}",
        operation_id="changeServer",
        summary="Change a server's state, capabilities or labels",
        response_model=ServerRow,
        openapi_extra=body(PlaceChange, {"state": "draining"}),
        dependencies=[needs("operate")],
    )
    async def change(server: str, request: Request) -> Response:
        """Needs If-Match. Reservations that lose room are put elsewhere where there is room, and are degraded until
        then."""
        return await context.work(request, partial(_change, matched(request)), "book")

    @routes.delete(
        "/v1/servers/{server}",
        operation_id="retireServer",
        summary="Retire a server",
        response_model=ServerRow,
        dependencies=[needs("operate")],
    )
    async def retire(server: str, request: Request) -> Response:
        """It must be empty. Its history stays. With If-Match only if nobody changed it since."""
        return await context.work(request, partial(_retire, matched(request, needed=False)), "book")


def _list(asked: pages.Asked, _: Call, desk: Desk) -> Reply:
    snapshot = desk.free()
    names = places.server_names(snapshot, asked.filters, asked.after, asked.limit)
    rows = places.servers(snapshot, names, generations(desk, "servers", names), asked.limit)
    return Reply(pages.told(rows, asked))


def _get(call: Call, desk: Desk) -> Reply:
    return _told(desk, call.path["server"])


def _told(desk: Desk, name: str) -> Reply:
    row = places.server(desk.free(), name, generations(desk, "servers", [name]).get(name))
    return Reply(row.model_dump(mode="json", by_alias=True), headers=etag(row.generation))


def _add(call: Call, desk: Desk) -> Reply:
    new = parse(NewServer, decoded(call.content), Source("request"))
    arrive(desk.books, new, call.by)
    made = _told(desk, new.server)
    return Reply(made.content, 201, {**made.headers, "Location": f"/v1/servers/{new.server}"})


def _change(match: int | None, call: Call, desk: Desk) -> Reply:
    wanted = parse(PlaceChange, decoded(call.content), Source("request"))
    edit(desk.books, wanted, call.by, server=call.path["server"], match=match)
    return _get(call, desk)


def _retire(match: int | None, call: Call, desk: Desk) -> Reply:
    edit(desk.books, PlaceChange(state="retired"), call.by, server=call.path["server"], match=match)
    return _get(call, desk)
