"""The HTTP API over one world, or over the books."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext
from datetime import UTC, datetime
from functools import partial

from fastapi import FastAPI
from fastapi_offline import FastAPIOffline

from api.http import books, explain, health, openapi, problems, solve
from api.http.pool import Pool
from planner.explain.ask import ExplainRequest
from planner.inventory.snapshot import Snapshot
from planner.inventory.world import World
from planner.ledger.books import Books
from planner.ledger.follow import following
from planner.manifests.reservation import Reservation
from solver.warmup import warm

DESCRIPTION = """
Places VMs and containers on the servers of an edge cloud. An `Application` here is the same as in a file.
Errors are RFC 9457 problem details with a stable `code`.
"""


def create_app(source: World | Books) -> FastAPI:
    """Over a world, where nothing is booked, or over books, whose picture is kept hot while the app runs.

    Raises InvalidInput when the world's allocations cannot be. Kernels are compiled before the first request."""
    pool = Pool()

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        await asyncio.to_thread(warm)
        with following(source) if isinstance(source, Books) else nullcontext():
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
    problems.install(app)
    if isinstance(source, Books):
        app.include_router(books.router(source, pool))
        app.include_router(health.router(partial(_latest, source)))
        books.install(app)
        app.include_router(explain.router(partial(_latest, source), pool))
        openapi.install(app, books.BookRequest, books.HoldRequest, ExplainRequest, Reservation)
        return app
    snapshot = Snapshot.of(source, datetime.now(UTC))
    app.include_router(solve.router(snapshot, pool))
    app.include_router(explain.router(lambda: snapshot, pool))
    app.include_router(health.router(lambda: snapshot))
    openapi.install(app, solve.SolveRequest, ExplainRequest)
    return app


def _latest(books: Books) -> Snapshot:
    picture = books.latest or books.picture()
    return picture.snapshot
