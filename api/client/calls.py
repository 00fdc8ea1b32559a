"""A call as data: what is sent, how often it is repeated, how its answer is read. Nothing here waits or sends."""

from __future__ import annotations

import random
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Generic, Protocol, TypeVar, cast
from uuid import uuid4

import httpx

from api.client.errors import Problem, Unreachable, problem_of

S = TypeVar("S")
T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)
AGAIN = (429, 502, 503, 504)
"""Answers that say nothing about the request: the same may do in a moment."""


@dataclass(frozen=True, slots=True)
class Terms:
    """How patient a client is. timeout: seconds for an answer, beside what a search may take. retries: repeats of one
    call. patience: seconds that all waiting between repeats may take together. first, longest: seconds of the first
    wait (doubled each time, with chance, so that many clients do not come back at once), and of any."""

    timeout: float = 30.0
    retries: int = 5
    patience: float = 60.0
    first: float = 0.2
    longest: float = 10.0

    def pause(self, repeat: int, retry_after: float | None) -> float:
        """Seconds before repeat number `repeat` (from 0); never before the service says."""
        wait: float = min(self.longest, self.first * 2.0**repeat) * random.uniform(0.5, 1.0)
        return max(wait, retry_after or 0.0)


@dataclass(frozen=True, slots=True)
class Pause:
    seconds: float


@dataclass(frozen=True, slots=True)
class Asked:
    """One HTTP request. stream: its answer is read line by line. timeout: seconds for the answer."""

    method: str
    path: str
    headers: Mapping[str, str]
    params: Mapping[str, Any]
    json: Any
    timeout: float
    stream: bool


Outcome = httpx.Response | httpx.TransportError | None
Talk = Generator[Asked | Pause, Outcome, T]
"""What one operation does, step by step: whoever drives it sends what it asks for, or waits, and tells the outcome."""


class Talks(Protocol[T_co]):
    """Anything that ends with one answer."""

    def talk(self, terms: Terms) -> Generator[Asked | Pause, Outcome, T_co]: ...


@dataclass(frozen=True, slots=True)
class Call(Generic[T]):
    """method, path, params, json, headers: of the request; parameters that are None are left out. read: from an answer
    to what is returned. books: it gets an idempotency key, the same for all its repeats. seconds: that a search may
    take before the answer comes. stream: its answer is read line by line. after: seconds to wait before it is sent."""

    method: str
    path: str
    read: Callable[[httpx.Response], T]
    params: Mapping[str, Any] = field(default_factory=dict)
    json: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    books: bool = False
    key: str | None = None
    seconds: float = 0.0
    stream: bool = False
    after: float = 0.0

    def reading(self, read: Callable[[httpx.Response], S], **changes: Any) -> Call[S]:
        """The same, read in another way."""
        return cast("Call[S]", replace(self, read=cast("Any", read), **changes))

    def raw(self) -> Call[Any]:
        """The same, and its answer as JSON has it."""
        return self.reading(lambda response: response.json())

    def talk(self, terms: Terms) -> Talk[T]:
        """Raises Problem, or Unreachable."""
        asked, waited = self._asked(terms), 0.0
        if self.after:
            yield Pause(self.after)
        for repeat in range(terms.retries + 1):
            outcome = yield asked
            if isinstance(outcome, httpx.Response) and outcome.status_code < 400:
                return self.read(outcome)
            error = _error(outcome)
            again = not isinstance(error, Problem) or error.status in AGAIN
            pause = terms.pause(repeat, getattr(error, "retry_after", None))
            waited += pause
            if not again or repeat == terms.retries or waited > terms.patience:
                raise error
            yield Pause(pause)
        raise AssertionError("the last repeat returns or raises")

    def _asked(self, terms: Terms) -> Asked:
        headers = {"X-Request-Id": uuid4().hex, **self.headers}
        if self.books:
            headers["Idempotency-Key"] = self.key or uuid4().hex
        params = {name: value for name, value in self.params.items() if value is not None}
        return Asked(self.method, self.path, headers, params, self.json, terms.timeout + self.seconds, self.stream)


def _error(outcome: Outcome) -> Problem | Unreachable:
    if isinstance(outcome, httpx.Response):
        return problem_of(outcome)
    unreachable = Unreachable(str(outcome) or type(outcome).__name__)
    unreachable.__cause__ = outcome
    return unreachable
