"""Around every request: its id, its line in the log, its seconds in the metrics; and a bug becomes a problem."""

from __future__ import annotations

import logging
import time
from typing import Any

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.http.problems import bug
from api.observe.record import HEADER, Record, recorded
from api.observe.watch import Watch

log = logging.getLogger("bayplan.requests")
QUIET = ("/healthz", "/readyz", "/metrics")
"""Asked every few seconds by machines: not told unless the log tells everything."""
LEFT = 499
"""Status of a request whose client left before there was an answer."""


class Observed:
    """ASGI middleware, outside of all that look at a request."""

    def __init__(self, app: ASGIApp, watch: Watch) -> None:
        self._app, self._watch = app, watch

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        with recorded(headers.get(HEADER)) as record:
            begin, status = time.perf_counter(), LEFT
            self._begun(scope, record, headers)

            async def sends(message: Message) -> None:
                nonlocal status
                if message["type"] == "http.response.start":
                    status = message["status"]
                    MutableHeaders(scope=message)[HEADER] = record.id
                await send(message)

            try:
                await self._app(scope, receive, sends)
            except Exception:
                log.exception("a request failed")
                if status != LEFT:
                    raise  # its answer has begun: all that can be done is to cut it off
                await bug()(scope, receive, sends)
            finally:
                self._done(scope, record, status, time.perf_counter() - begin)

    def _begun(self, scope: Scope, record: Record, headers: Headers) -> None:
        self._watch.metrics.begun()
        if self._watch.traces is not None:
            self._watch.traces.begin(record, scope["method"], scope["path"], headers)

    def _done(self, scope: Scope, record: Record, status: int, seconds: float) -> None:
        route = getattr(scope.get("route"), "path", "none")
        self._watch.metrics.answered(scope["method"], route, status, seconds, record.code)
        if self._watch.traces is not None:
            self._watch.traces.end(record, scope["method"], route, status)
        told: dict[str, Any] = {"method": scope["method"], "path": scope["path"], "route": route, "status": status}
        told |= {"seconds": round(seconds, 6)}
        if record.code:
            told["code"] = record.code
        if (caller := scope.get("state", {}).get("caller")) is not None:
            told["caller"] = caller.name
        if scope.get("client"):
            told["client"] = scope["client"][0]
        level = logging.DEBUG if scope["path"] in QUIET else logging.ERROR if status == 500 else logging.INFO
        log.log(level, "request", extra=told)
