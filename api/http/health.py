"""`GET /healthz`: whether the server answers, and on which generation it plans."""

from __future__ import annotations

from fastapi import APIRouter
from pydantic import BaseModel

from planner.inventory.snapshot import Snapshot


class Health(BaseModel):
    status: str
    generation: str
    sites: int
    servers: int


def router(snapshot: Snapshot) -> APIRouter:
    routes = APIRouter(tags=["operation"])
    inventory = snapshot.inventory
    health = Health(
        status="ok", generation=snapshot.generation, sites=len(inventory.sites), servers=len(inventory.servers)
    )

    @routes.get("/healthz", operation_id="health", summary="Does the server answer?")
    async def healthz() -> Health:
        return health

    return routes
