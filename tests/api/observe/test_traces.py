"""Spans of requests and of the stages of their plans reach a collector, under the trace of whoever asked."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from fastapi.testclient import TestClient
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from api.http.app import create_app
from api.observe.traces import traces
from api.observe.watch import Watch
from api.workers.pool import Pool
from api.workers.start import default, zygote
from tests.api.observe.conftest import asked, small

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


@contextmanager
def collector() -> Iterator[tuple[str, list[Span]]]:
    """(URL, spans that came), of a collector that speaks OTLP over HTTP."""
    spans: list[Span] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = ExportTraceServiceRequest.FromString(self.rfile.read(int(self.headers["content-length"])))
            spans.extend(span for every in body.resource_spans for scope in every.scope_spans for span in scope.spans)
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", spans
    finally:
        server.shutdown()
        server.server_close()


def test_a_request_and_its_stages_are_one_trace(monkeypatch: pytest.MonkeyPatch) -> None:
    with collector() as (url, spans):
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", url)
        with zygote(small) as made:
            watch = Watch(traces=traces())
            with TestClient(create_app(Pool(made, default(), watch=watch))) as client:
                parent = {"traceparent": f"00-{TRACE}-00f067aa0ba902b7-01"}
                client.post("/v1/solve", json=asked(), headers=parent).raise_for_status()
                client.get("/v1/nothing")
            watch.close()
    by_name = {span.name: span for span in spans}
    request = by_name["POST /v1/solve"]
    assert request.trace_id.hex() == TRACE
    stages = [by_name[name] for name in ("formulate", "construct", "write")]
    assert {stage.parent_span_id for stage in stages} == {request.span_id}
    ends = [stage.end_time_unix_nano for stage in stages]
    assert ends == sorted(ends)
    assert request.start_time_unix_nano <= stages[0].start_time_unix_nano
    unknown = {each.key: each.value for each in by_name["GET none"].attributes}
    assert unknown["error.type"].string_value == "route.unknown"
    assert unknown["http.response.status_code"].int_value == 404


def test_nothing_of_it_is_loaded_when_nobody_listens() -> None:
    code = (
        "import sys; from api.http.app import create_app; from api.observe.traces import traces; "
        "assert traces() is None; print([each for each in sys.modules if each.startswith(('opentelemetry.sdk', "
        "'opentelemetry.exporter'))])"  # FastAPI loads the rest of it by itself, where it is installed
    )
    environment = {"PYTHONPATH": ":".join(sys.path), "PATH": ""}
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=True)
    assert found.stdout == "[]\n"
