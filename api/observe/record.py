"""Record: what is known of the request at hand, for its log lines, its metrics and its problem."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import uuid4

if TYPE_CHECKING:
    from opentelemetry.trace import Span

HEADER = "X-Request-Id"
_ID = re.compile(r"[A-Za-z0-9._:-]{1,128}")


@dataclass(slots=True)
class Record:
    """id: of the request, as its caller named it, or made here. code: of the problem that it was answered with. span:
    of its trace, if there is one."""

    id: str
    code: str = ""
    span: Span | None = None


_current: ContextVar[Record | None] = ContextVar("record", default=None)


def current() -> Record | None:
    """Of the request that this is done for."""
    return _current.get()


@contextmanager
def resumed(record: Record | None) -> Iterator[None]:
    """What follows is done for this request, though the request itself is somewhere else."""
    token = _current.set(record)
    try:
        yield
    finally:
        _current.reset(token)


@contextmanager
def recorded(given: str | None) -> Iterator[Record]:
    """given: the id that the caller sent; one that could spoil a log is not taken."""
    record = Record(given if given is not None and _ID.fullmatch(given) else uuid4().hex)
    with resumed(record):
        yield record
