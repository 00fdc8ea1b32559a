"""`/v1/sites`: machine rooms, what they offer, and in what state they are."""

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
from api.http.solve import decoded
from api.workers.desk import Desk
from planner.ledger.books import Books
from planner.ledger.edit import PlaceChange, edit
from planner.listings import places
from planner.listings.places import SiteRow
from planner.manifests.documents import Source
from planner.manifests.site import State
from planner.manifests.validation import parse
from planner.store import reading


def router(context: Context) -> APIRouter:
    routes = APIRouter(tags=["inventory"], dependencies=[Depends(known_parameters)])

    @routes.get(
        "/v1/sites",
        operation_id="listSites",
        summary="List sites",
        response_model=pages.model_of(SiteRow),
        dependencies=[needs("read")],
    )
    async def sites(
        request: Request,
        region: list[str] | None = Query(None),
        province: list[str] | None = Query(None),
        city: list[str] | None = Query(None),
        carrier: list[str] | None = Query(None),
        cluster: list[str] | None = Query(None),
        state: list[State] | None = Query(None),
        capability: list[str] | None = Query(None, description="That the site offers; one of several will do."),
        fields: str | None = Query(None, description="Only these, joined by commas."),
        limit: int = Query(pages.USUAL, ge=1, le=context.limits.page, description="Rows of a page."),
        page: str | None = Query(None, description="`next` of the page before."),
    ) -> Response:
        """In the order of the inventory, with what is free now. A label filters by `label.NAME=value`."""
        filters: dict[str, Sequence[str] | None] = {
            "region": region,
            "province": province,
            "city": city,
            "carrier": carrier,
            "cluster": cluster,
        }
        filters |= {"state": state, "capability": capability, **labels(request)}
        asked = pages.asked("/v1/sites", filters, limit, fields, page)
        return await context.work(request, partial(_list, asked))

    @routes.get(
        "/v1/sites/{site}",
        operation_id="getSite",
        summary="Look at a site",
        response_model=SiteRow,
        dependencies=[needs("read")],
    )
    async def site(site: str, request: Request) -> Response:
        """With what is free on its servers that are online. Its ETag is the generation of its last change."""
        return await context.work(request, _get)

    if not context.books:
        return routes

    @routes.patch(
        "/v1/sites/{site}",
        operation_id="changeSite",
        summary="Change a site's state, capabilities or labels",
        response_model=SiteRow,
        openapi_extra=body(PlaceChange, {"state": "draining"}),
        dependencies=[needs("operate")],
    )
    async def change(site: str, request: Request) -> Response:
        """Needs If-Match. draining: nothing new comes; offline: what is there is frozen; retired: it must be empty.
        Reservations that lose room are put elsewhere where there is room, and are degraded until then."""
        return await context.work(request, partial(_change, matched(request)), "book")

    return routes


def labels(request: Request) -> dict[str, list[str]]:
    """Filters by labels."""
    names = [name for name in request.query_params if name.startswith("label.")]
    return {name: request.query_params.getlist(name) for name in names}


def generations(desk: Desk, table: reading.Place, names: list[str]) -> dict[str, int]:
    """Of the last changes of these sites or servers; of a world nobody keeps any."""
    if not isinstance(desk.source, Books):
        return {}
    with desk.source.database.reading() as connection:
        return reading.changed(connection, table, names)


def _list(asked: pages.Asked, _: Call, desk: Desk) -> Reply:
    snapshot = desk.free()
    names = places.site_names(snapshot, asked.filters, asked.after, asked.limit)
    rows = places.sites(snapshot, names, generations(desk, "sites", names), asked.limit)
    return Reply(pages.told(rows, asked))


def _get(call: Call, desk: Desk) -> Reply:
    name = call.path["site"]
    row = places.site(desk.free(), name, generations(desk, "sites", [name]).get(name))
    return Reply(row.model_dump(mode="json", by_alias=True), headers=etag(row.generation))


def _change(match: int | None, call: Call, desk: Desk) -> Reply:
    wanted = parse(PlaceChange, decoded(call.content), Source("request"))
    edit(desk.books, wanted, call.by, site=call.path["site"], match=match)
    return _get(call, desk)
