"""Routes on the books: solve and commit, plans, reservations, holds; what the books refuse is a problem with a code."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from functools import partial
from typing import Any, Literal, TypeVar

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.responses import JSONResponse
from pydantic import Field

from api.http.examples import RESERVATION, SOLVE
from api.http.limits import json_body
from api.http.openapi import body
from api.http.pool import Pool
from api.http.problems import MEDIA_TYPE, ProblemDetails, problem
from api.http.solve import GivenUp, SolveRequest, decoded
from planner.ledger import commit, holds, reserve
from planner.ledger.answer import booking_told, digest, once
from planner.ledger.book import HOLD
from planner.ledger.books import Books, By
from planner.ledger.refused import Refused
from planner.manifests.documents import Source
from planner.manifests.errors import InvalidInput
from planner.manifests.instants import Duration, told
from planner.manifests.manifest import Manifest
from planner.manifests.quantities import written
from planner.manifests.references import validate
from planner.manifests.reservation import Reservation
from planner.manifests.validation import parse
from planner.plans.plan import Plan
from planner.plans.solve import Progress

STATUS = {
    "capacity.exceeds": 422,
    "idempotency.mismatch": 422,
    "plan.unknown": 404,
    "reservation.unknown": 404,
    "hold.gone": 404,
}
"""Of what the books refuse; anything else is 409: it may be asked again when something has changed."""


class BookRequest(SolveRequest):
    """Applications to place, how to search, and whether to book the plan at once."""

    commit: Literal["never", "auto"] = Field("never", description="auto: book the plan, all of it or nothing.")
    retry: int = Field(3, ge=0, le=100, description="Plan again after so many lost races.")


class HoldRequest(SolveRequest):
    """Applications to hold room for."""

    ttl: Duration = Field(HOLD, description="How long, unless it is confirmed.")


class ExtendRequest(Manifest):
    ttl: Duration = Field(HOLD, description="From now on.")


Asked = TypeVar("Asked", BookRequest, HoldRequest)
REFUSALS: dict[int | str, dict[str, Any]] = {
    409: {"model": ProblemDetails, "description": "Does not fit now (`capacity.waiting`), or others were faster."},
    422: {"model": ProblemDetails, "description": "Cannot be used, or never fits (`capacity.exceeds`)."},
    503: {"model": ProblemDetails, "description": "Too many requests wait already."},
}


def router(books: Books, pool: Pool) -> APIRouter:
    routes = APIRouter()

    async def run(request: Request, do: Callable[[bytes, By, threading.Event], dict[str, Any]]) -> Response:
        content = await json_body(request)
        key = request.headers.get("idempotency-key")
        by = By("http", key, digest(request.method, request.url.path, content.decode(errors="replace")))
        answer = await pool.run(partial(do, content, by), gone=request.receive)
        return JSONResponse(answer)

    @routes.post(
        "/v1/solve",
        operation_id="solve",
        tags=["plans"],
        summary="Place applications on the books, and book them if you like",
        response_model=Plan,
        responses=REFUSALS,
        openapi_extra=body(BookRequest, SOLVE),
    )
    async def solve(request: Request) -> Response:
        """With `commit: never` the answer is a plan, kept under its name. With `commit: auto` it is what was booked."""
        return await run(request, partial(_solve, books))

    @routes.post("/v1/plans/{plan}:commit", operation_id="commitPlan", tags=["plans"], responses=REFUSALS)
    async def commit_plan(plan: str, request: Request) -> Response:
        """Book a plan by its name: `plan.stale` when what it was made on has changed since."""
        return await run(request, lambda _, by, __: once(books, by, lambda: commit.commit_plan(books, plan, by)))

    @routes.post(
        "/v1/reservations",
        operation_id="reserve",
        tags=["reservations"],
        responses=REFUSALS,
        openapi_extra=body(Reservation, RESERVATION),
    )
    async def reserve_capacity(request: Request) -> Response:
        """Promise capacity to a tenant; all of it or nothing."""
        return await run(request, partial(_reserve, books))

    @routes.get("/v1/reservations", operation_id="listReservations", tags=["reservations"])
    async def reservations(request: Request) -> Response:
        """Those that are active."""
        await request.body()  # what comes after it says that the client has gone
        answer = await pool.run(lambda _: _reservations(books), gone=request.receive)
        return JSONResponse(answer)

    @routes.delete("/v1/reservations/{tenant}/{name}", operation_id="cancelReservation", tags=["reservations"])
    async def cancel_reservation(tenant: str, name: str, request: Request) -> Response:
        """Its room is free from now on."""
        return await run(request, lambda _, by, __: once(books, by, lambda: reserve.cancel(books, tenant, name, by)))

    @routes.post(
        "/v1/holds",
        operation_id="hold",
        tags=["holds"],
        responses=REFUSALS,
        openapi_extra=body(HoldRequest, SOLVE),
    )
    async def hold(request: Request) -> Response:
        """Hold room until it is confirmed, cancelled, or expires by the clock."""
        return await run(request, partial(_hold, books))

    @routes.post("/v1/holds/{hold}:confirm", operation_id="confirmHold", tags=["holds"], responses=REFUSALS)
    async def confirm(hold: str, request: Request) -> Response:
        """Its instances run from now on."""
        return await run(request, lambda _, by, __: once(books, by, lambda: holds.confirm(books, hold, by)))

    @routes.post("/v1/holds/{hold}:cancel", operation_id="cancelHold", tags=["holds"], responses=REFUSALS)
    async def cancel(hold: str, request: Request) -> Response:
        """Its room is free again."""
        return await run(request, lambda _, by, __: once(books, by, lambda: holds.cancel(books, hold, by)))

    @routes.post("/v1/holds/{hold}:extend", operation_id="extendHold", tags=["holds"], responses=REFUSALS)
    async def extend(hold: str, request: Request) -> Response:
        """It expires later: `ttl` from now."""

        def do(content: bytes, by: By, _: threading.Event) -> dict[str, Any]:
            asked = parse(ExtendRequest, decoded(content or b"{}"), Source("request"))
            return once(books, by, lambda: holds.extend(books, hold, asked.ttl, by))

        return await run(request, do)

    return routes


def _solve(books: Books, content: bytes, by: By, stop: threading.Event) -> dict[str, Any]:
    asked = _asked(books, parse(BookRequest, decoded(content), Source("request")))

    def goes_on(_: Progress) -> None:
        if stop.is_set():
            raise GivenUp

    if asked.commit == "auto":
        return once(
            books,
            by,
            lambda: commit.commit(books, asked.applications, asked.options, by, retries=asked.retry, show=goes_on),
        )
    plan = commit.plan(books, asked.applications, asked.options, by, goes_on).plan
    return plan.model_dump(mode="json", by_alias=True, exclude_none=True)


def _hold(books: Books, content: bytes, by: By, _: threading.Event) -> dict[str, Any]:
    asked = _asked(books, parse(HoldRequest, decoded(content), Source("request")))
    return once(books, by, lambda: holds.hold(books, asked.applications, asked.options, by, ttl=asked.ttl))


def _reserve(books: Books, content: bytes, by: By, _: threading.Event) -> dict[str, Any]:
    wanted = parse(Reservation, decoded(content), Source("request"))
    return once(books, by, lambda: reserve.reserve(books, wanted, by))


def _reservations(books: Books) -> list[dict[str, Any]]:
    return [booking_told(each) for each in books.picture().bookings.values() if each.kind == "reservation"]


def _asked(books: Books, asked: Asked) -> Asked:
    """Raises InvalidInput when the applications do not go with each other, or with the inventory."""
    snapshot = books.picture().snapshot
    if problems := validate(asked.applications, snapshot.inventory, snapshot.applications):
        raise InvalidInput(problems)
    return asked


def install(app: FastAPI) -> None:
    """Answer what the books refuse with its code, what is missing, and what would help."""

    @app.exception_handler(Refused)
    async def refused(_: Request, error: Refused) -> Response:
        status = STATUS.get(error.code, 409)
        plain = problem(status, error.code, error.detail)
        if (why := error.explanation) is None:
            return plain
        content = json.loads(bytes(plain.body))
        content["shortfall"] = {name: written(name, amount) for name, amount in why.shortfall.items()}
        when = None if why.when is None else told(why.when)
        content["explanation"] = {"fits": why.fits, "when": when, "reasons": why.reasons, "helps": why.helps}
        return JSONResponse(content, status, media_type=MEDIA_TYPE)
