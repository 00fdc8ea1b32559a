"""Operation: does it answer, can it do its work, and what has it measured."""

from __future__ import annotations

from fastapi import APIRouter, Depends, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from api.http.access import for_all_tenants, needs
from api.http.context import Context
from api.http.stock import Stock
from api.observe.metrics import CONTENT_TYPE


class Health(BaseModel):
    status: str
    generation: str
    sites: int
    servers: int


class Readiness(BaseModel):
    """Whether requests should be sent here. A server listens only once the picture is loaded and all is compiled."""

    ready: bool
    workers: int = Field(description="Processes that take work.")
    generation: str = Field(description="Of the picture that it plans on.")
    faults: list[str] = Field([], description="Why it is not ready.")


def router(context: Context) -> APIRouter:
    routes, pool = APIRouter(tags=["operation"]), context.pool
    stock = Stock(pool)

    @routes.get("/healthz", operation_id="health", summary="Does the server answer?")
    async def healthz() -> Health:
        seen = pool.seen
        return Health(status="ok", generation=seen.generation, sites=seen.sites, servers=seen.servers)

    @routes.get(
        "/readyz",
        operation_id="ready",
        summary="Can it do its work?",
        response_model=Readiness,
        responses={503: {"model": Readiness, "description": "Not now: `faults` says why."}},
    )
    async def readyz() -> Response:
        """Not while the database cannot be reached, no worker is there, or the server stops. A busy server is ready."""
        told = readiness(context)
        return JSONResponse(told.model_dump(), 200 if told.ready else 503)

    @routes.get(
        "/metrics",
        operation_id="metrics",
        summary="What it has measured, for Prometheus",
        response_class=Response,
        responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}}},
        dependencies=[needs("operate"), Depends(for_all_tenants)],
    )
    async def metrics() -> Response:
        """Requests, plans and their gaps, the queue, workers, refusals by cause, and capacity by region and carrier."""
        await stock.refresh()
        seen = pool.seen
        pool.watch.metrics.seen(seen.generation, readiness(context).ready, seen.losses.degraded)
        return Response(pool.watch.metrics.written(), media_type=CONTENT_TYPE)

    return routes


def readiness(context: Context) -> Readiness:
    pool = context.pool
    faults = ["the server stops"] if pool.stopping else []
    if not (workers := len(pool.alive)):
        faults.append("no worker process is there")
    if pool.fault:
        faults.append("the database of the books cannot be read")
    return Readiness(ready=not faults, workers=workers, generation=pool.seen.generation, faults=faults)
