"""The HTTP API over one world, or over the books: routes by noun, and a pool of workers behind all of them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio.to_thread
from fastapi import FastAPI
from fastapi_offline import FastAPIOffline
from pydantic import BaseModel

from api.http import (
    applications,
    deliveries,
    explain,
    health,
    holds,
    inventory,
    logs,
    openapi,
    plans,
    problems,
    refusals,
    reservations,
    servers,
    sites,
    solve,
    what_ifs,
)
from api.http.access import Access, Gate
from api.http.context import Context
from api.http.full import Full
from api.http.overload import Overload
from api.http.unread import Unread
from api.jobs import Jobs
from api.observe.requests import Observed
from api.workers.follower import Follower
from api.workers.pool import Pool
from api.workers.searches import Searches
from planner.explain.ask import ExplainRequest
from planner.ledger.arrive import NewServer
from planner.ledger.edit import PlaceChange
from planner.manifests.reservation import Reservation

DESCRIPTION = """
Places VMs and containers on the servers of an edge cloud. An `Application` here is the same as in a file.
Errors are RFC 9457 problem details with a stable `code`.
"""


def create_app(pool: Pool, access: Access | None = None, jobs: Jobs | None = None) -> FastAPI:
    """pool: of workers over a world, where nothing is booked, or over books. jobs: what-ifs on the same base. Both are
    opened and shut with the app. access: who may ask; None: everybody may do everything."""

    searches, follower = Searches(pool), Follower(pool)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        await pool.open()
        follower.open()
        yield
        follower.close()
        searches.close()
        if jobs is not None:
            await anyio.to_thread.run_sync(jobs.close)
        await pool.shut()

    # The pages of /docs come with the package: many who run this have no way to a CDN.
    app: FastAPI = FastAPIOffline(
        title="Bayplan",
        summary="Decides where workloads run in an edge cloud.",
        description=DESCRIPTION,
        version="1",
        redoc_url=None,
        lifespan=lifespan,
    )
    app.state.pool, app.state.searches = pool, searches
    access, unread = access or Access(insecure=True), Unread(pool.watch)
    app.add_middleware(Gate, access=access)
    app.add_middleware(Observed, watch=pool.watch)  # around the gate: it tells of strangers too
    app.add_middleware(Full, unread=unread, pool=pool, access=access)
    app.add_middleware(Overload, unread=unread)
    context = Context(pool, searches)
    problems.install(app)
    refusals.install(app)
    app.include_router(solve.router(context))
    app.include_router(explain.router(context))
    app.include_router(health.router(context))
    bodies: list[type[BaseModel]] = [solve.SolveRequest, ExplainRequest]
    app.include_router(plans.router(context))
    app.include_router(sites.router(context))
    app.include_router(servers.router(context))
    if context.books:
        app.include_router(reservations.router(context))
        app.include_router(holds.router(context))
        for each in (inventory, applications, logs, deliveries):
            app.include_router(each.router(context))
        bodies = [solve.BookRequest, ExplainRequest, holds.HoldRequest, holds.ExtendRequest]
        bodies += [PlaceChange, NewServer, applications.ReleaseRequest]
        bodies += [Reservation, plans.PromoteRequest, deliveries.DeliverRequest, deliveries.ObserveRequest]
    if jobs is not None:
        app.include_router(what_ifs.router(context, jobs))
        bodies.append(what_ifs.WhatIfRequest)
    openapi.install(app, *bodies)
    return app
