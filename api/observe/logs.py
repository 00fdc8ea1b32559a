"""The log: one line for each event on stderr, JSON for machines or words for people, with the id of its request."""

from __future__ import annotations

import logging
import sys
from collections.abc import MutableMapping
from typing import Any, Literal, TextIO

import structlog
from structlog.stdlib import ExtraAdder, ProcessorFormatter, add_log_level, add_logger_name

from api.observe.record import current

Form = Literal["auto", "json", "text"]
"""auto: words on a terminal, else JSON."""
Level = Literal["debug", "info", "warning", "error"]
OURS = ("uvicorn", "uvicorn.error", "uvicorn.access")
"""Loggers that would write for themselves."""
CHATTY = ("uvicorn", "httpx", "httpcore", "asyncio", "alembic", "opentelemetry")
"""They tell of every step that they take."""


def configure(form: Form = "auto", level: Level = "info", stream: TextIO | None = None) -> None:
    """From now on whatever is logged by the standard library's `logging`, here or in a library, is written so."""
    to = sys.stderr if stream is None else stream
    handler = logging.StreamHandler(to)
    handler.setFormatter(_formatter(form == "text" or (form == "auto" and to.isatty())))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for name in OURS:
        logging.getLogger(name).handlers.clear()
        logging.getLogger(name).propagate = True
    for name in CHATTY:
        logging.getLogger(name).setLevel(max(logging.WARNING, root.level))


def _formatter(words: bool) -> logging.Formatter:
    stamp = structlog.processors.TimeStamper(fmt="%H:%M:%S" if words else "iso", utc=not words)
    known: list[Any] = [add_log_level, add_logger_name, ExtraAdder(), _with_request, stamp]
    last: list[Any] = (
        [structlog.dev.ConsoleRenderer()]
        if words
        else [structlog.processors.format_exc_info, structlog.processors.JSONRenderer(ensure_ascii=False, default=str)]
    )
    return ProcessorFormatter(foreign_pre_chain=known, processors=[ProcessorFormatter.remove_processors_meta, *last])


def _with_request(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    if (record := current()) is not None:
        event.setdefault("request", record.id)
    return event
