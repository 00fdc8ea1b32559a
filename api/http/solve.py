"""`POST /v1/solve`: place applications on the server's snapshot; the answer is a plan, and nothing is booked."""

from __future__ import annotations

import json
import threading
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import Any

from fastapi import APIRouter, Request, Response
from pydantic import Field

from api.http.examples import SOLVE
from api.http.limits import json_body
from api.http.openapi import body
from api.http.pool import Pool
from api.http.problems import ProblemDetails, Refused
from planner.inventory.snapshot import Snapshot
from planner.manifests.application import Application
from planner.manifests.documents import Source
from planner.manifests.errors import InputProblem, InvalidInput
from planner.manifests.manifest import Manifest
from planner.manifests.references import validate
from planner.manifests.validation import parse
from planner.plans.plan import Plan, SolveOptions
from planner.plans.solve import Progress, solve


class SolveRequest(Manifest):
    """Applications to place, and how to search."""

    applications: list[Application] = Field(min_length=1)
    options: SolveOptions = SolveOptions()


def router(snapshot: Snapshot, pool: Pool) -> APIRouter:
    routes = APIRouter(tags=["plans"])

    @routes.post(
        "/v1/solve",
        operation_id="solve",
        summary="Place applications, exact to the server",
        response_model=Plan,
        response_model_exclude_none=True,
        responses={
            422: {
                "model": ProblemDetails,
                "description": "The applications or options cannot be used: all that is wrong.",
            },
            503: {"model": ProblemDetails, "description": "Too many requests wait already."},
        },
        openapi_extra=body(SolveRequest, SOLVE),
    )
    async def solve_applications(request: Request) -> Response:
        """What does not fit is part of the answer (`unplaced`, with the reason), not an error. Every objective comes
        with a bound: `gap` says how far from the best plan this one may be. Nothing is booked."""
        content = await json_body(request)
        plan = await pool.run(partial(answer, snapshot, content), gone=request.receive)
        return Response(plan, media_type="application/json")

    return routes


class GivenUp(Exception):  # noqa: N818 - nobody waits for the plan any more
    """Ends a search whose answer nobody will read."""


def answer(snapshot: Snapshot, content: bytes, stop: threading.Event) -> str:
    """From a body to the JSON of a plan. Raises InvalidInput, Refused for what is no JSON, GivenUp after `stop`."""
    asked = parse(SolveRequest, decoded(content), Source("request"))
    if problems := [
        *taken(snapshot, asked.applications),
        *validate(asked.applications, snapshot.inventory, snapshot.applications),
    ]:
        raise InvalidInput(problems)

    def goes_on(_: Progress) -> None:
        if stop.is_set():
            raise GivenUp

    now = replace(snapshot, at=datetime.now(UTC).replace(microsecond=0))
    plan = solve(now, asked.applications, asked.options, goes_on)
    return plan.model_dump_json(by_alias=True, exclude_none=True)


def decoded(content: bytes) -> Any:
    """Raises Refused for what is no JSON."""
    try:
        return json.loads(content)
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise Refused(400, "request.malformed", f"found no JSON at {where}: {error.msg.lower()}") from error
    except (UnicodeDecodeError, RecursionError) as error:
        raise Refused(400, "request.malformed", "found bytes that are no JSON in UTF-8") from error


def taken(snapshot: Snapshot, applications: Sequence[Application]) -> list[InputProblem]:
    """Names that run already."""
    return [
        InputProblem(
            "request", None, f"applications[{row}].metadata.name", f"'{each.id}', which runs already", "a new name"
        )
        for row, each in enumerate(applications)
        if each.id in snapshot.applications
    ]
