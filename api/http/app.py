"""The HTTP API over one world."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from fastapi import FastAPI
from fastapi_offline import FastAPIOffline

from api.http import explain, health, openapi, problems, solve
from api.http.pool import Pool
from planner.explain.ask import ExplainRequest
from planner.inventory.snapshot import Snapshot
from planner.inventory.world import World
from solver.warmup import warm

DESCRIPTION = """
Places VMs and containers on the servers of an edge cloud. An `Application` here is the same as in a file.
Errors are RFC 9457 problem details with a stable `code`.
"""


def create_app(world: World) -> FastAPI:
    """Raises InvalidInput when the world's allocations cannot be. Kernels are compiled before the first request."""
    snapshot = Snapshot.of(world, datetime.now(UTC))
    pool = Pool()

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        await asyncio.to_thread(warm)
        yield

    # The pages of /docs come with the package: many who run this have no way to a CDN.
    app: FastAPI = FastAPIOffline(
        title="Bayplan",
        summary="Decides where workloads run in an edge cloud.",
        description=DESCRIPTION,
        version="1",
        redoc_url=None,
        lifespan=lifespan,
    )
    app.state.pool = pool
    app.include_router(solve.router(snapshot, pool))
    app.include_router(explain.router(snapshot, pool))
    app.include_router(health.router(snapshot))
    problems.install(app)
    openapi.install(app, solve.SolveRequest, ExplainRequest)
    return app
