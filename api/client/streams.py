"""Answers that come line by line: explanations that grow, and the events of a plan."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Generic, Protocol, TypeVar

import httpx

from api.client.calls import Call
from api.client.errors import Unreachable
from api.client.models import Event

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


@dataclass(slots=True)
class Events:
    """The events of a search (server-sent events), up to its end, over as many connections as it takes."""

    path: str
    tries: int = 5
    last: str | None = field(default=None, init=False)
    failed: int = field(default=0, init=False)
    _fields: dict[str, str] = field(default_factory=dict, init=False)

    def next(self) -> Call[httpx.Response] | None:
        if self.last == "end":
            return None
        headers = {"Accept": "text/event-stream", **({} if self.last is None else {"Last-Event-ID": self.last})}
        after = 0.5 if self.failed else 0.0
        return Call("GET", self.path, _itself, headers=headers, stream=True, after=after)

    def read(self, line: str) -> Iterator[Event]:
        """Fields until an empty line, as the specification has it (https://html.spec.whatwg.org/multipage/
        server-sent-events.html)."""
        if line:
            name, _, value = line.partition(":")
            self._fields[name] = value.removeprefix(" ")
            return
        told, self._fields = self._fields, {}
        if "data" in told and told.get("event") != "closing":
            self.last, self.failed = told.get("id", self.last), 0
            content: dict[str, Any] = json.loads(told["data"])
            yield Event.model_validate({**content, "event": told.get("event", "progress")})

    def ended(self) -> None:
        self._again(None)

    def broke(self, error: httpx.TransportError) -> None:
        self._again(error)

    def _again(self, error: httpx.TransportError | None) -> None:
        """Ask again from where it was, unless that never helps."""
        self._fields, self.failed = {}, self.failed + 1
        if self.last != "end" and self.failed > self.tries:
            raise Unreachable("the events were cut off again and again") from error


def _itself(response: httpx.Response) -> httpx.Response:
    return response
