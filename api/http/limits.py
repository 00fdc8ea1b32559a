"""What one request may ask for at most: bytes, instances, rows of a page; and how often a caller may ask."""

from __future__ import annotations

from collections.abc import Iterable

from fastapi import Request
from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from api.http.problems import Refused
from planner.manifests.application import Application
from planner.manifests.documents import Source
from planner.manifests.errors import InvalidInput
from planner.manifests.validation import explained

LARGEST_BODY = 16 * 2**20  # some 40,000 applications
LARGEST_IMPORT = 64 * 2**20  # some 700,000 servers


class Limits(BaseSettings):
    """Settings that begin with BAYPLAN_LIMIT_. instances: of one request. page: rows of one page. rate, burst: requests
    of one caller, a second for long, and at once."""

    model_config = SettingsConfigDict(env_prefix="BAYPLAN_LIMIT_")
    instances: int = Field(1_000_000, ge=1)
    page: int = Field(1000, ge=1)
    rate: float = Field(500.0, gt=0)
    burst: float = Field(1000.0, ge=1)

    @staticmethod
    def read() -> Limits:
        """From the environment. Raises InvalidInput."""
        try:
            return Limits()
        except ValidationError as error:
            problems = explained(error.errors(include_url=False), Limits, {}, Source("environment"))
            raise InvalidInput(problems) from error


async def json_body(request: Request, largest: int = LARGEST_BODY) -> bytes:
    """The whole body. Raises Refused: 415 when it is not JSON, 413 when it is too large."""
    kind = request.headers.get("content-type", "application/json").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise Refused(415, "request.not-json", f"found a body of {kind or 'no type'}, expected application/json")
    return await whole_body(request, largest)


async def whole_body(request: Request, largest: int = LARGEST_BODY) -> bytes:
    """Read up to the limit and no further, whatever its Content-Length says. Raises Refused: 413."""
    length = request.headers.get("content-length", "0")
    if length.isdecimal() and int(length) > largest:
        raise _too_large(largest)
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > largest:
            raise _too_large(largest)
    return bytes(body)


def instances_within(most: int, applications: Iterable[Application], sites: int) -> None:
    """Raises Refused: 422 `request.too-many` when they ask for more instances together than one request may."""
    total = 0
    for application in applications:
        for entry in application.spec.demand:
            total += entry.instances if entry.instances is not None else (entry.instances_per_site or 0) * sites
    if total > most:
        detail = f"found {total:,} instances, expected at most {most:,} in one request"
        raise Refused(422, "request.too-many", detail)


def _too_large(largest: int) -> Refused:
    detail = f"found a body over the limit, expected at most {largest // 2**20} MiB"
    return Refused(413, "request.too-large", detail, {"Connection": "close"})
