"""`/v1/inventory:import`: many sites or servers at once, as CSV or as NDJSON."""

from __future__ import annotations

from dataclasses import asdict
from functools import partial
from typing import Any, Literal

from fastapi import APIRouter, Depends, Query, Request, Response

from api.http.access import needs
from api.http.context import Call, Context
from api.http.limits import LARGEST_IMPORT, whole_body
from api.http.pages import known_parameters
from api.http.problems import Refused
from api.workers.desk import Desk
from planner.ledger import stock, streams
from planner.listings.row import Row
from planner.worlds.files import decoded

CSV, NDJSON = "text/csv", "application/x-ndjson"
SERVERS = "server,site,rack,cpu,memory\ngz-9,gz-telecom,r1,64000,262144\n"
ROW = '{"server": "gz-9", "site": "gz-telecom", "rack": "r1", "cpu": 64000, "memory": 262144}\n'
BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            CSV: {"schema": {"type": "string"}, "example": SERVERS},
            NDJSON: {"schema": {"type": "string"}, "example": ROW},
        },
    }
}


class ImportedRow(Row):
    """How many came or changed. generation: of the books since then."""

    sites: int
    servers: int
    lines: int
    generation: int


def router(context: Context) -> APIRouter:
    routes = APIRouter(tags=["inventory"], dependencies=[Depends(known_parameters)])

    @routes.post(
        "/v1/inventory:import",
        operation_id="importInventory",
        summary="Add and change many sites or servers",
        response_model=ImportedRow,
        openapi_extra=BODY,
        dependencies=[needs("operate")],
    )
    async def take_in(
        request: Request,
        of: Literal["sites", "servers"] = Query("servers", description="What the rows are."),
    ) -> Response:
        """Rows as in `sites.csv` and `servers.csv`, in base units; a JSON object a line says the same. New ones are
        added, those that differ are changed, others stay as they are: all of it, or nothing."""
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind not in (CSV, NDJSON):
            raise Refused(415, "request.not-rows", f"found a body of {kind or 'no type'}, expected {CSV} or {NDJSON}")
        content = await whole_body(request, LARGEST_IMPORT)
        return await context.work(request, partial(_import, of, kind == NDJSON), "book", content)

    return routes


def _import(of: str, objects: bool, call: Call, desk: Desk) -> dict[str, Any]:
    inventory = streams.read_text(desk.books.picture(), of, decoded(call.content, "request"), objects)
    return asdict(stock.import_inventory(desk.books, inventory, call.by, "request"))
