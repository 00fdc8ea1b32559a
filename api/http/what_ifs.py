"""`/v1/what-ifs`: jobs on copies of what is served; how they go, what they found out, and one beside another."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import anyio.to_thread
from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import FileResponse
from pydantic import Field

from api.http.access import for_all_tenants, needs
from api.http.context import Context
from api.http.openapi import body
from api.http.problems import ProblemDetails, Refused
from api.http.solve import decoded
from api.jobs import Jobs, JobState
from planner.manifests.documents import Source
from planner.manifests.manifest import Manifest
from planner.manifests.quantities import Resources
from planner.manifests.validation import parse
from planner.manifests.window import Instant
from planner.whatif.compare import Comparison, compared
from planner.whatif.manifest import SHAPE, Asked, Metadata
from planner.whatif.result import JobResult

EXAMPLE = {"metadata": {"name": "any-site"}, "spec": {"scenarios": [{"everyLoss": {"of": "site"}}]}}
UNKNOWN: dict[int | str, dict[str, Any]] = {
    403: {"model": ProblemDetails, "description": "For those who may plan for all tenants."},
    404: {"model": ProblemDetails, "description": "There is no such what-if."},
}
ERRORS: dict[int | str, dict[str, Any]] = {
    403: UNKNOWN[403],
    422: {"model": ProblemDetails, "description": "It cannot be used: all that is wrong."},
    503: {"model": ProblemDetails, "description": "As many are under way as there may be: ask again."},
}
RUNNING: dict[int | str, dict[str, Any]] = {
    **UNKNOWN,
    409: {"model": ProblemDetails, "description": "It has not come to its end, and was not cancelled."},
}


class WhatIfSpec(Asked):
    """The base is what is served, as it is; `at`: as it will be then."""

    at: Instant | None = None
    shape: Resources = Field(SHAPE, description="The instance that headroom and stranded capacity are counted in.")


class WhatIfRequest(Manifest):
    metadata: Metadata
    spec: WhatIfSpec


def router(context: Context, jobs: Jobs) -> APIRouter:
    routes = APIRouter(tags=["what-ifs"], dependencies=[needs("plan"), Depends(for_all_tenants)])

    @routes.post(
        "/v1/what-ifs",
        operation_id="startWhatIf",
        status_code=202,
        response_model=JobState,
        responses=ERRORS,
        openapi_extra=body(WhatIfRequest, EXAMPLE),
    )
    async def start(request: Request) -> Response:
        """Begin a job on a copy of what is served; nothing is booked. It runs in a process of its own."""
        call = await context.call(request)
        asked = parse(WhatIfRequest, decoded(call.content), Source("request"))
        spec = asked.spec.model_dump(mode="json", by_alias=True, exclude_defaults=True)
        begun = jobs.start(asked.metadata.name, spec)
        if begun is None:
            raise Refused(503, "server.busy", "as many what-ifs are under way as there may be", {"Retry-After": "30"})
        return _told(begun, 202, {"Location": f"/v1/what-ifs/{begun.id}", "Retry-After": "1"})

    @routes.get(
        "/v1/what-ifs", operation_id="listWhatIfs", response_model=list[JobState], responses={403: UNKNOWN[403]}
    )
    async def every() -> list[JobState]:
        """All that are known, in no particular order."""
        return jobs.every()

    @routes.get("/v1/what-ifs/{id}", operation_id="getWhatIf", response_model=JobState, responses=UNKNOWN)
    async def one(id: str) -> Response:
        """How it goes: scenarios that are done, of all."""
        return _told(_found(jobs, id))

    @routes.post("/v1/what-ifs/{id}:cancel", operation_id="cancelWhatIf", response_model=JobState, responses=UNKNOWN)
    async def cancel(id: str) -> Response:
        """Stop it; what is done stays, and is its result. One that has ended stays as it is."""
        _found(jobs, id)
        return _told(await anyio.to_thread.run_sync(jobs.cancel, id))

    @routes.get("/v1/what-ifs/{id}/result", operation_id="getWhatIfResult", response_model=JobResult, responses=RUNNING)
    async def result(id: str) -> Response:
        """What it found out, scenario by scenario."""
        return FileResponse(_ended(jobs, id), media_type="application/json")

    @routes.get(
        "/v1/what-ifs/{id}/comparison", operation_id="compareWhatIfs", response_model=Comparison, responses=RUNNING
    )
    async def comparison(
        id: str, other: str = Query(alias="with", description="Another what-if, which comes after.")
    ) -> Response:
        """Beside another one, scenario by scenario."""
        before, after = _ended(jobs, id).parent, _ended(jobs, other).parent
        found = await anyio.to_thread.run_sync(lambda: compared(JobResult.kept(before), JobResult.kept(after)))
        return Response(found.model_dump_json(by_alias=True), media_type="application/json")

    return routes


def _told(state: JobState, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    text = state.model_dump_json(by_alias=True, exclude_none=True)
    return Response(text, status, headers, media_type="application/json")


def _found(jobs: Jobs, identity: str) -> JobState:
    try:
        return jobs.state(identity)
    except KeyError:
        raise Refused(404, "what-if.unknown", f"there is no what-if '{identity}'") from None


def _ended(jobs: Jobs, identity: str) -> Path:
    state, path = _found(jobs, identity), jobs.result(identity)
    if state.state == "running" or not path.exists():
        raise Refused(409, "what-if.unfinished", f"what-if '{identity}' has no result: it is {state.state}")
    return path
