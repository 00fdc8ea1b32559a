"""The API on a port: says where it listens once it does, and stops when told to."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import uvicorn
from fastapi import FastAPI

from api.workers.memory import settled
from api.workers.pool import Pool
from api.workers.searches import Searches

KEPT = 75
"""Seconds that a connection may be idle: longer than load balancers keep theirs (60), so that none is closed while a
request is on its way."""
GRACE = 5
"""Seconds that running requests have to end after the server is told to stop; then they are refused."""


class Server(uvicorn.Server):
    """listening: called with the URL, when connections are accepted."""

    def __init__(self, app: FastAPI, listening: Callable[[str], None]) -> None:
        config = uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            timeout_keep_alive=KEPT,
            timeout_graceful_shutdown=GRACE + 2,
            server_header=False,
        )
        super().__init__(config)
        self.listening = listening
        self.pool: Pool = app.state.pool
        self.searches: Searches = app.state.searches

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        settled()
        if self.started:
            self.listening(url(self.servers[0].sockets[0]))

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self.searches.close()
        self.pool.drain()
        asyncio.get_running_loop().call_later(GRACE, self.pool.close)
        await super().shutdown(sockets)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """A signal ends the server, not the process as well: uvicorn would raise it again afterwards."""
        with super().capture_signals():
            yield
            self._captured_signals.clear()


def bind(host: str, port: int) -> socket.socket:
    """A socket at the address; port 0 takes a free one. Raises OSError when it cannot be had."""
    family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    bound = socket.socket(family, kind, protocol)  # asyncio sends small answers at once (TCP_NODELAY) only if it is TCP
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(address)
    except OSError:
        bound.close()
        raise
    return bound


def url(bound: socket.socket) -> str:
    host, port = bound.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
