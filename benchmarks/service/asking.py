"""A client that costs little: HTTP/1.1 on kept-open connections, so that the load is the service's and not its own."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

PATIENCE = 30.0
"""Seconds for an answer."""


@dataclass(frozen=True, slots=True)
class Answer:
    """status 0: there was none."""

    status: int
    headers: Mapping[str, str]
    content: bytes

    def json(self) -> Any:
        return json.loads(self.content)


@dataclass(frozen=True, slots=True)
class Connection:
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter


class Client:
    """For one event loop. headers: of every request."""

    def __init__(self, url: str, headers: Mapping[str, str] | None = None) -> None:
        parts = urlsplit(url)
        self.host, self.port = str(parts.hostname), int(parts.port or 80)
        self.headers = "".join(f"{name}: {value}\r\n" for name, value in (headers or {}).items())
        self._idle: list[Connection] = []

    async def ask(self, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None) -> Answer:
        """Never raises for what goes wrong on the way: that is status 0."""
        connection: Connection | None = None
        try:
            async with asyncio.timeout(PATIENCE):
                connection = self._kept() or await self._connect()
                connection.writer.write(self._request(method, path, body, headers or {}))
                status, told = await _head(connection.reader)
                content = await connection.reader.readexactly(int(told.get("content-length", 0)))
        except (OSError, asyncio.IncompleteReadError, TimeoutError, ValueError):
            if connection is not None:
                connection.writer.close()
            return Answer(0, {}, b"")
        if told.get("connection", "").lower() == "close":
            connection.writer.close()
        else:
            self._idle.append(connection)
        return Answer(status, told, content)

    @asynccontextmanager
    async def stream(self, path: str, headers: Mapping[str, str] | None = None) -> AsyncIterator[asyncio.StreamReader]:
        """The lines of an answer that goes on, chunk by chunk as they come."""
        connection = await self._connect()
        try:
            connection.writer.write(self._request("GET", path, None, headers or {}))
            await _head(connection.reader)
            yield connection.reader
        finally:
            connection.writer.close()

    def close(self) -> None:
        for connection in self._idle:
            connection.writer.close()
        self._idle.clear()

    def _kept(self) -> Connection | None:
        """One that is open still: servers close what nobody uses."""
        while self._idle:
            connection = self._idle.pop()
            if not connection.reader.at_eof():
                return connection
            connection.writer.close()
        return None

    async def _connect(self) -> Connection:
        return Connection(*await asyncio.open_connection(self.host, self.port, limit=2**16))

    def _request(self, method: str, path: str, body: Any, headers: Mapping[str, str]) -> bytes:
        content = b"" if body is None else json.dumps(body).encode()
        more = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        head = f"{method} {path} HTTP/1.1\r\nHost: {self.host}:{self.port}\r\n{self.headers}{more}"
        return f"{head}Content-Type: application/json\r\nContent-Length: {len(content)}\r\n\r\n".encode() + content


async def _head(reader: asyncio.StreamReader) -> tuple[int, dict[str, str]]:
    lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    fields = (line.partition(":") for line in lines[1:] if line)
    return int(lines[0].split()[1]), {name.lower(): value.strip() for name, _, value in fields}
