"""Errors on the wire: RFC 9457 problem details with a stable code, and never a stack trace."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from api.observe.record import current
from planner.manifests.errors import InputProblem, InvalidInput, Unreachable, shown

MEDIA_TYPE = "application/problem+json"
TITLES = {499: "Client Closed Request"}
"""Of statuses that no standard has: nobody reads this one but the log."""
CODES = {404: "route.unknown", 405: "method.not-allowed"}


class FieldProblem(BaseModel):
    """One thing that is wrong with a body."""

    field: str = Field(examples=["applications[0].spec.demand[0].instances"])
    found: str = Field(examples=["0"])
    expected: str = Field(examples=["1 or more"])


class ProblemDetails(BaseModel):
    """RFC 9457. `code` is stable; `title` and `detail` are for people."""

    type: str = Field(examples=["urn:bayplan:problem:manifest.invalid"])
    title: str
    status: int
    detail: str
    code: str
    request: str = Field("", description="The id of the request: `X-Request-Id` in its answer, `request` in the log.")
    problems: list[FieldProblem] = Field([], description="With `manifest.invalid`: all that is wrong.")


class Refused(Exception):  # noqa: N818 - the request is refused; nothing failed
    """A request that is not served. headers: more than the content type, such as Retry-After."""

    def __init__(self, status: int, code: str, detail: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(detail)
        self.status, self.code, self.detail, self.headers = status, code, detail, headers

    def __reduce__(self) -> tuple[Any, ...]:
        """It goes from one process to another."""
        return type(self), (self.status, self.code, self.detail, self.headers)


def problem(
    status: int,
    code: str,
    detail: str,
    problems: Sequence[InputProblem] = (),
    headers: Mapping[str, str] | None = None,
) -> JSONResponse:
    content: dict[str, Any] = {
        "type": f"urn:bayplan:problem:{code}",
        "title": TITLES.get(status) or HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "code": code,
    }
    if (record := current()) is not None:
        record.code, content["request"] = code, record.id
    if problems:
        content["problems"] = [
            {"field": each.field, "found": each.found, "expected": each.expected} for each in problems
        ]
    return JSONResponse(content, status, headers, media_type=MEDIA_TYPE)


def invalid(invalid: InvalidInput) -> JSONResponse:
    """422 with every problem of a body."""
    count = len(invalid.problems)
    detail = f"{count} problem{'s' if count != 1 else ''}; the first: {invalid.problems[0]}"
    return problem(422, "manifest.invalid", detail, invalid.problems)


def out_of_reach() -> JSONResponse:
    detail = "the database of the books cannot be reached; ask again, with the same Idempotency-Key if it books"
    return problem(503, "database.unreachable", detail, headers={"Retry-After": "2"})


def bug() -> JSONResponse:
    return problem(500, "internal", "Bayplan failed on this request; its log says why.")


def install(app: FastAPI) -> None:
    """Answer every error of the app as a problem; one that nobody expected is for `api.observe.requests`."""

    @app.exception_handler(Refused)
    async def refused(_: Request, error: Refused) -> JSONResponse:
        return problem(error.status, error.code, error.detail, headers=error.headers)

    @app.exception_handler(Unreachable)
    async def unreachable(_: Request, error: Unreachable) -> JSONResponse:
        return out_of_reach()

    @app.exception_handler(InvalidInput)
    async def invalid_input(_: Request, error: InvalidInput) -> JSONResponse:
        return invalid(error)

    @app.exception_handler(RequestValidationError)
    async def parameters(_: Request, error: RequestValidationError) -> JSONResponse:
        found = [
            InputProblem("query", None, str(each["loc"][-1]), shown(each.get("input")), each["msg"])
            for each in error.errors()
        ]
        return problem(422, "query.invalid", "parameters that cannot be used", found)

    @app.exception_handler(HTTPException)
    async def http_error(request: Request, error: HTTPException) -> JSONResponse:
        code = CODES.get(error.status_code, f"http.{error.status_code}")
        detail = f"{request.method} {request.url.path}: {error.detail}"
        return problem(error.status_code, code, detail, headers=error.headers)
