"""Traces: a span for each request and for each stage of its plans, sent by OTLP. Nothing is loaded when nobody listens.

Where to, and all else, is said by the environment as the OpenTelemetry specification has it
(https://opentelemetry.io/docs/specs/otel/protocol/exporter/).
"""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from typing import Any

from api.observe.record import Record
from planner.manifests.errors import InputProblem, InvalidInput

ENDPOINTS = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")


def traces() -> Traces | None:
    """None when the environment names no endpoint. Raises InvalidInput when it does, and the extra is not installed."""
    named = next((name for name in ENDPOINTS if os.environ.get(name)), None)
    if named is None:
        return None
    try:
        return Traces()
    except ModuleNotFoundError as error:
        expected = "the extra `otel`: pip install 'bayplan[otel]'"
        raise InvalidInput([InputProblem("environment", None, named, f"no module {error.name}", expected)]) from error


class Traces:
    """Spans are sent by a thread of their own, many at a time; when nobody takes them they are dropped."""

    def __init__(self) -> None:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
        from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

        named = os.environ.get("OTEL_SERVICE_NAME", "bayplan")
        self._provider = TracerProvider(resource=Resource.create({"service.name": named}), shutdown_on_exit=False)
        self._provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
        self._tracer = self._provider.get_tracer("bayplan")
        self._carried = TraceContextTextMapPropagator()

    def begin(self, record: Record, method: str, path: str, headers: Mapping[str, str]) -> None:
        """A span for a request; under the one that the caller's `traceparent` names, if it names one."""
        from opentelemetry.trace import SpanKind

        record.span = self._tracer.start_span(
            method,
            self._carried.extract(headers),
            SpanKind.SERVER,
            {"http.request.method": method, "url.path": path, "bayplan.request": record.id},
        )

    def end(self, record: Record, method: str, route: str, status: int) -> None:
        from opentelemetry.trace import Status, StatusCode

        if (span := record.span) is not None:
            span.update_name(f"{method} {route}")
            span.set_attributes({"http.route": route, "http.response.status_code": status})
            if record.code:
                span.set_attribute("error.type", record.code)
            if status >= 500:
                span.set_status(Status(StatusCode.ERROR))
            span.end()

    def staged(self, record: Record | None, seconds: Mapping[str, float]) -> None:
        """Spans for the stages of a plan that was made just now for the request. seconds: of each, in their order."""
        from opentelemetry.trace import set_span_in_context

        if record is None or record.span is None:
            return
        parent: Any = set_span_in_context(record.span)
        begin = time.time_ns() - round(sum(seconds.values()) * 1e9)
        for stage, spent in seconds.items():
            end = begin + round(spent * 1e9)
            self._tracer.start_span(stage, parent, start_time=begin).end(end)
            begin = end

    def close(self) -> None:
        """What is not sent yet is."""
        self._provider.shutdown()
