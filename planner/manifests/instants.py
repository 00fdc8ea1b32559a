"""Instants and durations: whole milliseconds inside, RFC 3339 and `12h` where people read and write."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema

from planner.manifests.errors import Finding, shown, wrong

FOREVER = 2**62
"""The end of what has no end."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_UNIT = {"s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 604_800_000}
_DURATION = re.compile(r"(?:[0-9]{1,10}[smhdw])+")
_LONGEST = 100 * 366 * _UNIT["d"]


def instant(value: Any) -> int:
    """`2026-11-23T08:00:00Z` -> milliseconds since 1970. Raises ValueError without an offset from UTC."""
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < FOREVER:
        return value
    try:
        found = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        found = None
    if found is None or found.tzinfo is None or found < _EPOCH:
        raise wrong(Finding(shown(value), "an instant with its offset from UTC, such as 2026-11-23T08:00:00Z"))
    return milliseconds(found)


def milliseconds(at: datetime) -> int:
    """Since 1970. at: with its offset from UTC."""
    return (at - _EPOCH) // timedelta(milliseconds=1)


def moment(at: int) -> datetime:
    """Milliseconds since 1970, in UTC."""
    return _EPOCH + timedelta(milliseconds=at)


def told(at: int) -> str | None:
    """Milliseconds as RFC 3339 in UTC; None for what has no end."""
    if at >= FOREVER:
        return None
    text = moment(at).isoformat(timespec="milliseconds")
    return text.replace(".000", "").replace("+00:00", "Z")


def duration(value: Any) -> int:
    """`12h`, `1d12h`, `300s` -> milliseconds. Raises ValueError for anything else, and for none."""
    total = 0
    if isinstance(value, int) and not isinstance(value, bool):
        total = value
    elif isinstance(value, str) and _DURATION.fullmatch(value):
        total = sum(int(part[:-1]) * _UNIT[part[-1]] for part in re.findall(r"[0-9]+[smhdw]", value))
    if not 0 < total <= _LONGEST:
        raise wrong(Finding(shown(value), "a duration such as 300s, 12h or 30d"))
    return total


def lasting(length: int) -> str:
    """The shortest duration that reads back as so many milliseconds."""
    for unit in "wdhm":
        if length % _UNIT[unit] == 0:
            return f"{length // _UNIT[unit]}{unit}"
    return f"{-(-length // 1000)}s"


def _schema(pattern: str, example: str) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", "pattern": pattern, "examples": [example]})


Instant = Annotated[
    int,
    BeforeValidator(instant),
    PlainSerializer(told),
    WithJsonSchema({"type": "string", "format": "date-time", "examples": ["2026-11-23T08:00:00Z"]}),
]
Duration = Annotated[int, BeforeValidator(duration), PlainSerializer(lasting), _schema(r"^([0-9]+[smhdw])+$", "12h")]
