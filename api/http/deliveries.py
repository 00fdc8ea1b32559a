"""`/v1/deliveries`: what the books placed, as whoever brings it to clusters needs it; `/v1/inventory:observe`: what
clusters have, for the books."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response
from pydantic import Field

from api.http.access import acts_for, needs, tenants_in
from api.http.context import Call, Context
from api.http.examples import SOLVE
from api.http.lanes import sized
from api.http.limits import instances_within
from api.http.openapi import body
from api.http.refusals import REFUSALS
from api.http.solve import decoded
from api.workers.desk import Desk
from planner.access.caller import tenant_of
from planner.ledger import change, release
from planner.ledger.answer import once, told
from planner.ledger.deliveries import deliveries
from planner.ledger.observe import observe
from planner.manifests.application import Application, qualified
from planner.manifests.documents import Source
from planner.manifests.errors import InvalidInput
from planner.manifests.manifest import Manifest
from planner.manifests.references import validate
from planner.manifests.validation import parse
from planner.plans.plan import SolveOptions


class DeliverRequest(Manifest):
    """Applications as they shall run from now on, masters before their children, and how to search."""

    applications: list[Application] = Field(min_length=1)
    options: SolveOptions = SolveOptions()
    retry: int = Field(3, ge=0, le=100, description="Plan again after so many lost races.")


class ObserveRequest(Manifest):
    """Rows with the names of the columns of `sites.csv` and `servers.csv`; what is not named stays as it is."""

    sites: list[dict[str, Any]] = Field([])
    servers: list[dict[str, Any]] = Field([])


OBSERVE = {"servers": [{"server": "gz-1", "site": "gz-telecom", "state": "online", "cpu": 32000, "memory": 131072}]}


def router(context: Context) -> APIRouter:
    routes = APIRouter(tags=["deliveries"])

    @routes.get("/v1/deliveries", operation_id="listDeliveries", dependencies=[needs("read")])
    async def every(request: Request) -> Response:
        """All that runs: instances by application, site and server."""
        return await context.work(request, _list)

    @routes.post(
        "/v1/deliveries",
        operation_id="deliver",
        responses=REFUSALS,
        openapi_extra=body(DeliverRequest, SOLVE),
        dependencies=[needs("book")],
    )
    async def deliver(request: Request) -> Response:
        """What runs of these applications becomes what their manifests say, all of it or nothing: what may stay stays,
        the rest ends, what is lacking is placed. Repeated, it changes nothing. The answer is where they are."""
        call = await context.call(request)
        lane, tenant, _ = sized(call.content, call.caller, commits=True)
        return await context.answer(request, call, _deliver, lane, tenant)

    @routes.delete(
        "/v1/deliveries/{tenant}/{name}", operation_id="endDelivery", responses=REFUSALS, dependencies=[needs("book")]
    )
    async def end(tenant: str, name: str, request: Request, server: str | None = None) -> Response:
        """All instances end, or those on one server; nothing that runs is no problem."""
        return await context.work(request, _End(server), "book")

    @routes.post(
        "/v1/inventory:observe",
        operation_id="observe",
        tags=["inventory"],
        responses=REFUSALS,
        openapi_extra=body(ObserveRequest, OBSERVE),
        dependencies=[needs("operate")],
    )
    async def observed(request: Request) -> Response:
        """Sites and servers as clusters have them now."""
        return await context.work(request, _observe, "book")

    return routes


def _list(call: Call, desk: Desk) -> dict[str, Any]:
    picture = desk.books.picture()
    return deliveries(picture, {name for name in picture.allocations if call.caller.sees(tenant_of(name))})


def _deliver(call: Call, desk: Desk) -> dict[str, Any]:
    asked = parse(DeliverRequest, decoded(call.content), Source("request"))
    acts_for(call.caller, tenants_in(asked.applications))
    snapshot = desk.snapshot(call.caller.tenants)
    instances_within(call.instances, asked.applications, len(snapshot.inventory.sites))
    if problems := validate(asked.applications, snapshot.inventory, snapshot.applications):
        raise InvalidInput(problems)
    booked = change.change(
        desk.books, asked.applications, asked.options, call.by, retries=asked.retry, show=desk.goes_on
    )
    plan = booked.decision.plan.plan if booked.lines and booked.decision else None
    return {"plan": plan, **deliveries(desk.books.picture(), {each.id for each in asked.applications})}


class _End:
    """server: None means everywhere."""

    def __init__(self, server: str | None) -> None:
        self.server = server

    def __call__(self, call: Call, desk: Desk) -> dict[str, Any]:
        books, name = desk.books, qualified(call.path["name"], call.path["tenant"])
        picture = books.picture()
        row = picture.snapshot.row.get(self.server or "")
        lines = picture.allocations.get(name, {}).values() if call.caller.sees(call.path["tenant"]) else ()
        if not [line for line in lines if self.server is None or picture.server_row[line.server] == row]:
            return {"application": name, "instances": 0}
        return once(books, call.by, lambda: release.release(books, name, call.by, server=self.server))


def _observe(call: Call, desk: Desk) -> dict[str, Any]:
    asked = parse(ObserveRequest, decoded(call.content), Source("request"))
    return told(observe(desk.books, asked.sites, asked.servers, call.by))
