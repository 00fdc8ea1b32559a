"""Answers that come line by line: explanations that grow, and the events of a plan."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar

import httpx

from api.client.calls import Call
from api.client.errors import Unreachable

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


class Stream(Protocol[T_co]):
    """next: what to ask for, None at the end. read: what a line gives. ended, broke: the lines are over, or cut off."""

    def next(self) -> Call[httpx.Response] | None: ...
    def read(self, line: str) -> Iterator[T_co]: ...
    def ended(self) -> None: ...
    def broke(self, error: httpx.TransportError) -> None: ...


@dataclass(slots=True)
class JsonLines(Generic[T]):
    """Each line is one whole answer (application/x-ndjson), better than the one before."""

    call: Call[T]
    asked: bool = field(default=False, init=False)

    def next(self) -> Call[httpx.Response] | None:
        if self.asked:
            return None
        self.asked = True
        headers = {**self.call.headers, "Accept": "application/x-ndjson"}
        return self.call.reading(_itself, headers=headers, stream=True)

    def read(self, line: str) -> Iterator[T]:
        if line:
            yield self.call.read(httpx.Response(200, content=line.encode()))

    def ended(self) -> None:
        pass

    def broke(self, error: httpx.TransportError) -> None:
        raise Unreachable(f"the answer was cut off: {error}") from error


def _itself(response: httpx.Response) -> httpx.Response:
    return response
