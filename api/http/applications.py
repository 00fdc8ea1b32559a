"""`/v1/applications` and `/v1/allocations`: what runs, where, and ending it."""

from __future__ import annotations

from functools import partial
from typing import Any

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import Field

from api.http import pages
from api.http.access import needs
from api.http.context import Call, Context, Reply
from api.http.openapi import body
from api.http.pages import known_parameters
from api.http.solve import decoded
from api.workers.desk import Desk
from planner.ledger.answer import once
from planner.ledger.release import release
from planner.listings import running
from planner.listings.row import Row
from planner.listings.running import AllocationRow, ApplicationDetail, ApplicationRow
from planner.manifests.application import qualified
from planner.manifests.documents import Source
from planner.manifests.manifest import Manifest
from planner.manifests.validation import parse


class ReleaseRequest(Manifest):
    """All instances, or so many, everywhere or on one server."""

    instances: int | None = Field(None, ge=1, description="All, when left out; of some, the last placed first.")
    server: str | None = None


class ReleasedRow(Row):
    """instances: that ended. remaining: that still run. generation: of the books since then."""

    application: str
    instances: int
    remaining: int
    generation: int


def router(context: Context) -> APIRouter:
    routes = APIRouter(tags=["applications"], dependencies=[Depends(known_parameters)])

    @routes.get(
        "/v1/applications",
        operation_id="listApplications",
        summary="List applications that run",
        response_model=pages.model_of(ApplicationRow),
        dependencies=[needs("read")],
    )
    async def applications(
        request: Request,
        tenant: list[str] | None = Query(None),
        name: list[str] | None = Query(None),
        fields: str | None = Query(None, description="Only these, joined by commas."),
        limit: int = Query(pages.USUAL, ge=1, le=context.limits.page, description="Rows of a page."),
        page: str | None = Query(None, description="`next` of the page before."),
    ) -> Response:
        """Those of the caller's tenants, by tenant and name."""
        asked = pages.asked("/v1/applications", {"tenant": tenant, "name": name}, limit, fields, page)
        return await context.work(request, partial(_applications, asked))

    @routes.get(
        "/v1/applications/{tenant}/{name}",
        operation_id="getApplication",
        summary="Look at an application that runs",
        response_model=ApplicationDetail,
        dependencies=[needs("read")],
    )
    async def application(tenant: str, name: str, request: Request) -> Response:
        """With its manifest, and how many instances run in each site."""
        return await context.work(request, _application)

    @routes.post(
        "/v1/applications/{tenant}/{name}:release",
        operation_id="release",
        summary="End instances of an application",
        response_model=ReleasedRow,
        openapi_extra=body(ReleaseRequest, {"instances": 10}, required=False),
        dependencies=[needs("book")],
    )
    async def end(tenant: str, name: str, request: Request) -> Response:
        """In whole or in part: their room is free from now on. What stands in a site that is offline is frozen and
        stays."""
        return await context.work(request, _release, "book")

    @routes.get(
        "/v1/allocations",
        operation_id="listAllocations",
        summary="List what runs where",
        response_model=pages.model_of(AllocationRow),
        dependencies=[needs("read")],
    )
    async def allocations(
        request: Request,
        tenant: list[str] | None = Query(None),
        application: list[str] | None = Query(None, description="Ids: tenant/name."),
        site: list[str] | None = Query(None),
        server: list[str] | None = Query(None),
        fields: str | None = Query(None, description="Only these, joined by commas."),
        limit: int = Query(pages.USUAL, ge=1, le=context.limits.page, description="Rows of a page."),
        page: str | None = Query(None, description="`next` of the page before."),
    ) -> Response:
        """Those of the caller's tenants, in the order in which they were placed."""
        filters = {"tenant": tenant, "application": application, "site": site, "server": server}
        asked = pages.asked("/v1/allocations", filters, limit, fields, page)
        return await context.work(request, partial(_allocations, asked))

    return routes


def _applications(asked: pages.Asked, call: Call, desk: Desk) -> Reply:
    picture, tenants = desk.books.picture(), call.caller.tenants
    return Reply(pages.told(running.applications(picture, tenants, asked.filters, asked.after, asked.limit), asked))


def _application(call: Call, desk: Desk) -> Reply:
    picture, tenants = desk.books.picture(), call.caller.tenants
    row = running.application(picture, tenants, call.path["tenant"], call.path["name"])
    return Reply(row.model_dump(mode="json", by_alias=True))


def _release(call: Call, desk: Desk) -> dict[str, Any]:
    asked = parse(ReleaseRequest, decoded(call.content or b"{}"), Source("request"))
    name, by = qualified(call.path["name"], call.path["tenant"]), call.by
    return once(desk.books, by, lambda: release(desk.books, name, by, instances=asked.instances, server=asked.server))


def _allocations(asked: pages.Asked, call: Call, desk: Desk) -> Reply:
    picture, tenants = desk.books.picture(), call.caller.tenants
    return Reply(pages.told(running.allocations(picture, tenants, asked.filters, asked.after, asked.limit), asked))
