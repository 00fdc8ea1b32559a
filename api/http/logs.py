"""`/v1/usage` and `/v1/audit`: what was used for how long, and who did what."""

from __future__ import annotations

from functools import partial

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic_core import PydanticCustomError

from api.http import pages
from api.http.access import needs
from api.http.context import Call, Context, Reply
from api.http.pages import known_parameters
from api.workers.desk import Desk
from planner.listings import logs
from planner.listings.logs import AuditRow, UsageRow
from planner.manifests.errors import InputProblem, InvalidInput
from planner.manifests.instants import instant


def router(context: Context) -> APIRouter:
    routes = APIRouter(tags=["logs"], dependencies=[Depends(known_parameters), needs("read")])

    @routes.get(
        "/v1/usage",
        operation_id="listUsage",
        summary="List usage, for billing",
        response_model=pages.model_of(UsageRow),
    )
    async def usage(
        request: Request,
        begin: str | None = Query(None, alias="from", description="From then on: 2026-11-01T00:00:00Z."),
        stop: str | None = Query(None, alias="to", description="Before then; now, when left out."),
        tenant: str | None = Query(None),
        fields: str | None = Query(None, description="Only these, joined by commas."),
        limit: int = Query(pages.USUAL, ge=1, le=context.limits.page, description="Rows of a page."),
        page: str | None = Query(None, description="`next` of the page before."),
    ) -> Response:
        """Amounts times hours, allocated, reserved and held, per tenant and application: those of the caller."""
        since = 0 if begin is None else _instant("from", begin)
        until = None if stop is None else _instant("to", stop)
        given = {"from": [begin or ""], "to": [stop or ""], "tenant": [tenant or ""]}
        asked = pages.asked("/v1/usage", given, limit, fields, page)
        return await context.work(request, partial(_usage, asked, tenant, since, until))

    @routes.get(
        "/v1/audit",
        operation_id="listAudit",
        summary="List who did what",
        response_model=pages.model_of(AuditRow),
    )
    async def audit(
        request: Request,
        subject: str | None = Query(None, description="An application, or the id of a booking, a site or a server."),
        action: str | None = Query(None, description="Its beginning, such as `hold`."),
        fields: str | None = Query(None, description="Only these, joined by commas."),
        limit: int = Query(pages.USUAL, ge=1, le=context.limits.page, description="Rows of a page."),
        page: str | None = Query(None, description="`next` of the page before."),
    ) -> Response:
        """The newest first. A caller for some tenants sees what was done with their applications and bookings; one for
        all sees all, changes of the inventory and of keys too."""
        filters = {"subject": [subject or ""], "action": [action or ""]}
        asked = pages.asked("/v1/audit", filters, limit, fields, page)
        return await context.work(request, partial(_audit, asked, subject, action))

    return routes


def _usage(asked: pages.Asked, tenant: str | None, begin: int, stop: int | None, call: Call, desk: Desk) -> Reply:
    until = desk.now() if stop is None else stop
    tenants = call.caller.tenants
    return Reply(pages.told(logs.usage(desk.books, tenants, tenant, begin, until, asked.after, asked.limit), asked))


def _audit(asked: pages.Asked, subject: str | None, action: str | None, call: Call, desk: Desk) -> Reply:
    filters = {"subject": subject, "action": action}
    return Reply(pages.told(logs.audit(desk.books, call.caller.tenants, filters, asked.after, asked.limit), asked))


def _instant(name: str, text: str) -> int:
    try:
        return instant(text)
    except PydanticCustomError as error:
        told = (error.context or {})["findings"][0]
        raise InvalidInput([InputProblem("query", None, name, told["found"], told["expected"])]) from error
