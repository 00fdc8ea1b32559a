"""`GET /healthz`: whether the server answers, and on which generation it plans."""

from __future__ import annotations

from collections.abc import Callable

from fastapi import APIRouter
from pydantic import BaseModel

from planner.inventory.snapshot import Snapshot


class Health(BaseModel):
    status: str
    generation: str
    sites: int
    servers: int


def router(latest: Callable[[], Snapshot]) -> APIRouter:
    """latest: the snapshot that it plans on now."""
    routes = APIRouter(tags=["operation"])

    @routes.get("/healthz", operation_id="health", summary="Does the server answer?")
    async def healthz() -> Health:
        snapshot = latest()
        sites, servers = len(snapshot.inventory.sites), len(snapshot.inventory.servers)
        return Health(status="ok", generation=snapshot.generation, sites=sites, servers=servers)

    return routes
