"""A real HTTP server that answers by a script, such as busy, busy, here you are; or hangs up."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True, slots=True)
class Reply:
    """status 0: hang up without an answer. cut: hang up after the body, of which more was promised."""

    status: int = 200
    content: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    cut: bool = False


@dataclass(frozen=True, slots=True)
class Heard:
    method: str
    path: str
    headers: Mapping[str, str]
    content: Any


@dataclass
class Scripted:
    url: str
    heard: list[Heard]


@contextmanager
def scripted(*replies: Reply) -> Iterator[Scripted]:
    """Answers with `replies` in turn, then with the last one again and again."""
    heard: list[Heard] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", "0")))
            headers = {name.lower(): value for name, value in self.headers.items()}
            heard.append(Heard(self.command, self.path, headers, json.loads(body) if body else None))
            reply = replies[min(len(heard), len(replies)) - 1]
            self.close_connection = not reply.status or reply.cut
            if reply.status:
                self._say(reply)

        do_POST = do_DELETE = do_GET  # noqa: N815 - the names that http.server looks for

        def _say(self, reply: Reply) -> None:
            text = reply.content if isinstance(reply.content, str) else json.dumps(reply.content)
            self.send_response(reply.status)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(text.encode()) + (100 if reply.cut else 0)))
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    serving = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    serving.start()
    try:
        yield Scripted(f"http://127.0.0.1:{server.server_port}", heard)
    finally:
        server.shutdown()
        server.server_close()
        serving.join()
