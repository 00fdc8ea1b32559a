"""What a call of the client ends with when there is no answer: a problem that the service told, or silence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import httpx


class ServiceError(Exception):
    """The service did not do what it was asked for."""


class Unreachable(ServiceError):  # noqa: N818 - says what it is
    """No answer, however often it was asked: refused connections, broken ones, or none in time."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why the books refuse. fits: instances that would fit now. when: the first instant (RFC 3339) that is known at
    which all fits. reasons: per application. helps: changes that were tried and make it fit."""

    fits: int = 0
    when: str | None = None
    reasons: tuple[str, ...] = ()
    helps: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FieldProblem:
    """One thing that is wrong with a body, such as `applications[0].spec.demand[0].instances`."""

    field: str
    found: str
    expected: str


class Problem(ServiceError):  # noqa: N818 - the name that RFC 9457 has for it
    """RFC 9457, as the service told it. code: stable (docs/api.md lists them). shortfall: resource -> what is missing,
    as manifests write amounts. request: the id under which the service's log has it. retry_after: seconds."""

    def __init__(self, status: int, content: Mapping[str, Any], request: str = "", retry_after: float | None = None):
        self.status, self.content, self.request, self.retry_after = status, content, request, retry_after
        self.code = str(content.get("code", f"http.{status}"))
        self.detail = str(content.get("detail", "the service gave no reason"))
        self.shortfall: Mapping[str, str] = content.get("shortfall") or {}
        self.explanation = _explanation(content.get("explanation"))
        self.problems = tuple(_fields(content.get("problems") or ()))
        super().__init__(f"{self.code}: {self.detail}")


class Invalid(Problem):
    """The request cannot be used as it is (400, 405, 413, 415, or 422 `manifest.invalid`): `problems` has all that is
    wrong."""


class NotAllowed(Problem):
    """No key, or one that may not do this (401, 403)."""


class Unknown(Problem):
    """There is no such thing, or it is over (404, 410)."""


class Refused(Problem):
    """The books say no (409, 412, 422, 428): it does not fit, others were faster, or a key stands for two requests."""


class Busy(Problem):
    """Too much is asked for at the moment (429, 503), and was after every repeat; the same may do later."""


def problem_of(response: httpx.Response) -> Problem:
    """From an answer of 400 and more; `response` has been read."""
    content = _content(response)
    made = _kind(response.status_code, str(content.get("code", "")))
    request = response.headers.get("x-request-id", "")
    return made(response.status_code, content, request, _seconds(response.headers.get("retry-after")))


KINDS: Mapping[int, type[Problem]] = {
    400: Invalid, 405: Invalid, 413: Invalid, 415: Invalid, 401: NotAllowed, 403: NotAllowed, 404: Unknown,
    410: Unknown, 409: Refused, 412: Refused, 422: Refused, 428: Refused, 429: Busy, 503: Busy,
}  # fmt: skip


def _kind(status: int, code: str) -> type[Problem]:
    return Invalid if code == "manifest.invalid" else KINDS.get(status, Problem)


def _content(response: httpx.Response) -> dict[str, Any]:
    """A proxy on the way may say something else than JSON."""
    try:
        content = response.json()
    except ValueError:
        content = None
    if isinstance(content, dict):
        return content
    return {"detail": f"{response.status_code} {response.reason_phrase}, and no problem document".strip()}


def _explanation(content: Any) -> Explanation | None:
    if not isinstance(content, dict):
        return None
    reasons, helps = tuple(content.get("reasons") or ()), tuple(content.get("helps") or ())
    return Explanation(content.get("fits") or 0, content.get("when"), reasons, helps)


def _fields(rows: Sequence[Any]) -> list[FieldProblem]:
    return [FieldProblem(*(str(row.get(name, "")) for name in ("field", "found", "expected"))) for row in rows]


def _seconds(retry_after: str | None) -> float | None:
    """Of a Retry-After header: seconds, or a date (RFC 9110, 10.2.3)."""
    if retry_after is None:
        return None
    try:
        return max(0.0, float(retry_after))
    except ValueError:
        pass
    try:
        return max(0.0, (parsedate_to_datetime(retry_after) - datetime.now(UTC)).total_seconds())
    except (TypeError, ValueError):
        return None
