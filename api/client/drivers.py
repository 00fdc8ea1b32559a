"""The two ways to drive a call: wait for it, or await it. All that they share is in the call itself."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from typing import Any, Self, TypeVar

import httpx

from api.client.calls import Asked, Outcome, Pause, Talks, Terms
from api.client.pages import Pages
from api.client.streams import Stream

T = TypeVar("T")
AGENT = "bayplan-client/1"
LOOPBACK = ("localhost", "127.0.0.1", "::1")


class Blocking:
    """Each call returns its answer."""

    def __init__(
        self,
        url: str,
        key: str | None = None,
        terms: Terms | None = None,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        """url: where the service is. key: an API key, or an OIDC token. transport: another way there than TCP."""
        self.terms = terms or Terms()
        self.http = httpx.Client(transport=transport, **_settings(url, key))

    def send(self, call: Talks[T]) -> T:
        """Raises Problem, or Unreachable."""
        talk = call.talk(self.terms)
        try:
            step = next(talk)
            while True:
                step = talk.send(self._do(step))
        except StopIteration as end:
            answer: T = end.value
            return answer

    def pages(self, pages: Pages[T]) -> Iterator[T]:
        while (call := pages.next()) is not None:
            yield from pages.read(self.send(call))

    def lines(self, stream: Stream[T]) -> Iterator[T]:
        while (call := stream.next()) is not None:
            response = self.send(call)
            try:
                for line in response.iter_lines():
                    yield from stream.read(line)
                stream.ended()
            except httpx.TransportError as error:
                stream.broke(error)
            finally:
                response.close()

    def close(self) -> None:
        self.http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _do(self, step: Asked | Pause) -> Outcome:
        if isinstance(step, Pause):
            time.sleep(step.seconds)
            return None
        try:
            response = self.http.send(_request(self.http, step), stream=step.stream)
            if step.stream and response.is_error:
                response.read()
            return response
        except httpx.TransportError as error:
            return error


class Awaiting:
    """Each call returns an awaitable of its answer."""

    def __init__(
        self,
        url: str,
        key: str | None = None,
        terms: Terms | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        """As of Blocking."""
        self.terms = terms or Terms()
        self.http = httpx.AsyncClient(transport=transport, **_settings(url, key))

    async def send(self, call: Talks[T]) -> T:
        """Raises Problem, or Unreachable."""
        talk = call.talk(self.terms)
        try:
            step = next(talk)
            while True:
                step = talk.send(await self._do(step))
        except StopIteration as end:
            answer: T = end.value
            return answer

    async def pages(self, pages: Pages[T]) -> AsyncIterator[T]:
        while (call := pages.next()) is not None:
            for each in pages.read(await self.send(call)):
                yield each

    async def lines(self, stream: Stream[T]) -> AsyncIterator[T]:
        while (call := stream.next()) is not None:
            response = await self.send(call)
            try:
                async for line in response.aiter_lines():
                    for each in stream.read(line):
                        yield each
                stream.ended()
            except httpx.TransportError as error:
                stream.broke(error)
            finally:
                await response.aclose()

    async def close(self) -> None:
        await self.http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def _do(self, step: Asked | Pause) -> Outcome:
        if isinstance(step, Pause):
            await asyncio.sleep(step.seconds)
            return None
        try:
            response = await self.http.send(_request(self.http, step), stream=step.stream)
            if step.stream and response.is_error:
                await response.aread()
            return response
        except httpx.TransportError as error:
            return error


def _settings(url: str, key: str | None) -> dict[str, Any]:
    headers = {"User-Agent": AGENT, "Accept": "application/json"}
    if key is not None:
        headers["Authorization"] = f"Bearer {key}"
    beyond = httpx.URL(url).host not in LOOPBACK  # no proxy between a machine and itself
    return {"base_url": url, "headers": headers, "trust_env": beyond, "follow_redirects": False}


def _request(http: httpx.Client | httpx.AsyncClient, asked: Asked) -> httpx.Request:
    timeout = httpx.Timeout(asked.timeout, connect=min(asked.timeout, 10.0))
    return http.build_request(
        asked.method, asked.path, params=asked.params, json=asked.json, headers=dict(asked.headers), timeout=timeout
    )
