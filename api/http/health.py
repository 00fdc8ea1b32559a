"""`GET /healthz`: whether the server answers, and on which generation it plans."""

from __future__ import annotations

from fastapi import APIRouter
from pydantic import BaseModel

from api.http.context import Context


class Health(BaseModel):
    status: str
    generation: str
    sites: int
    servers: int


def router(context: Context) -> APIRouter:
    routes = APIRouter(tags=["operation"])

    @routes.get("/healthz", operation_id="health", summary="Does the server answer?")
    async def healthz() -> Health:
        seen = context.pool.seen
        return Health(status="ok", generation=seen.generation, sites=seen.sites, servers=seen.servers)

    return routes
