"""What the books refuse, on the wire: its code, what is missing, and what would help."""

from __future__ import annotations

import json
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse

from api.http import problems
from api.http.problems import MEDIA_TYPE, ProblemDetails, problem
from planner.ledger.refused import Refused
from planner.manifests.errors import InvalidInput, Unreachable
from planner.manifests.instants import told
from planner.manifests.quantities import written

STATUS = {
    "capacity.exceeds": 422,
    "idempotency.mismatch": 422,
    "plan.unknown": 404,
    "reservation.unknown": 404,
    "hold.gone": 404,
    "site.unknown": 404,
    "server.unknown": 404,
    "application.unknown": 404,
    "generation.stale": 412,
}
"""Of what the books refuse; anything else is 409: it may be asked again when something has changed."""
REFUSALS: dict[int | str, dict[str, Any]] = {
    409: {"model": ProblemDetails, "description": "Does not fit now (`capacity.waiting`), or others were faster."},
    422: {"model": ProblemDetails, "description": "Cannot be used, or never fits (`capacity.exceeds`)."},
    503: {"model": ProblemDetails, "description": "Too many requests wait, or a worker was lost: ask again."},
}


def install(app: FastAPI) -> None:
    @app.exception_handler(Refused)
    async def refused(_: Request, error: Refused) -> Response:
        return refusal(error)


def refusal(error: Refused) -> JSONResponse:
    status = STATUS.get(error.code, 409)
    plain = problem(status, error.code, error.detail)
    if (why := error.explanation) is None:
        return plain
    content = json.loads(bytes(plain.body))
    content["shortfall"] = {name: written(name, amount) for name, amount in why.shortfall.items()}
    when = None if why.when is None else told(why.when)
    content["explanation"] = {"fits": why.fits, "when": when, "reasons": why.reasons, "helps": why.helps}
    return JSONResponse(content, status, media_type=MEDIA_TYPE)


def problem_of(error: BaseException) -> JSONResponse:
    """Any error as it would be answered."""
    if isinstance(error, Refused):
        return refusal(error)
    if isinstance(error, problems.Refused):
        return problem(error.status, error.code, error.detail, headers=error.headers)
    if isinstance(error, Unreachable):
        return problems.out_of_reach()
    if isinstance(error, InvalidInput):
        return problems.invalid(error)
    return problems.bug()
