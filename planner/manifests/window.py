"""Window: when instances take room; capacity is shared over time, others may have it before, between and after."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from typing import Annotated, Any, Self
from zoneinfo import available_timezones

from pydantic import BeforeValidator, Field, PlainSerializer, WithJsonSchema, model_validator

from planner.manifests.errors import Finding, did_you_mean, shown, wrong
from planner.manifests.manifest import Manifest

FIRST, LAST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
"""All of time, as calendars know it: the rules of time zones repeat long before its end."""
DAY = 86_400
_INSTANT = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(?:[Zz]|[+-]\d\d:\d\d)")
_SLICE = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-(?:([01]\d|2[0-3]):([0-5]\d)|(24):(00))")


def instant(value: Any) -> datetime:
    """RFC 3339, to the second. Raises ValueError with what was found and what is expected."""
    try:
        read = value if isinstance(value, datetime) else datetime.fromisoformat(_matched(value).upper())
        if read.tzinfo is not None and FIRST <= read < LAST:
            return read
    except (ValueError, OverflowError):
        pass
    expected = "an instant from 2000 to 2099 with its offset from UTC, such as 2026-12-01T18:00:00+08:00"
    raise wrong(Finding(shown(value), expected))


def _matched(value: Any) -> str:
    if not isinstance(value, str) or not _INSTANT.fullmatch(value):
        raise ValueError
    return value


def _daily(value: Any) -> Any:
    slices = tuple(value) if isinstance(value, list | tuple) else (value,)
    findings = [
        Finding(shown(each), "a slice of the day such as 18:00-23:00, or 22:00-06:00 over midnight", path)
        for position, each in enumerate(slices)
        if _bad(each)
        for path in ([(position,)] if isinstance(value, list) else [()])
    ]
    if findings or not slices:
        raise wrong(*findings or [Finding("an empty list", "a slice of the day such as 18:00-23:00")])
    return slices


def _bad(text: Any) -> bool:
    return not isinstance(text, str) or not _SLICE.fullmatch(text) or text[:5] == text[6:]


Instant = Annotated[
    datetime,
    BeforeValidator(instant),
    PlainSerializer(lambda value: value.isoformat(timespec="seconds").replace("+00:00", "Z")),
    WithJsonSchema({"type": "string", "format": "date-time", "examples": ["2026-12-01T18:00:00+08:00"]}),
]
_TEXT = {"type": "string", "pattern": "^[0-2][0-9]:[0-5][0-9]-[0-2][0-9]:[0-5][0-9]$", "examples": ["18:00-23:00"]}
Daily = Annotated[
    tuple[str, ...],
    BeforeValidator(_daily),
    PlainSerializer(lambda slices: list(slices) if len(slices) > 1 else slices[0] if slices else None),
    WithJsonSchema({"anyOf": [_TEXT, {"type": "array", "items": _TEXT, "minItems": 1}]}),
]


class Window(Manifest):
    """From `start` on, before `end`, and of each day only the slices `daily`, by the clocks of `timeZone`. What is left
    out does not limit; a slice whose end is earlier than its begin lasts over midnight."""

    start: Instant | None = None
    end: Instant | None = None
    daily: Daily | None = Field(None, description="One slice of the day, or several: from, and until before.")
    time_zone: str | None = Field(None, description="IANA name, such as Asia/Shanghai; `daily` needs it.")

    @property
    def slices(self) -> Iterator[tuple[int, int]]:
        """(begin, end) in seconds since midnight."""
        for text in self.daily or ():
            yield _second(text[:5]), _second(text[6:])

    @model_validator(mode="after")
    def _agrees(self) -> Self:
        findings = list(self._findings())
        if findings:
            raise wrong(*findings)
        return self

    def _findings(self) -> Iterator[Finding]:
        if self.start is None and self.end is None and self.daily is None:
            yield Finding("a window without limits", "start, end or daily (without a window it is always)")
        if self.start is not None and self.end is not None and self.start >= self.end:
            yield Finding(self.end.isoformat(), f"an instant after start, {self.start.isoformat()}", ("end",))
        if self.daily is not None and self.time_zone is None:
            yield Finding("daily without timeZone", "the zone whose clocks it goes by, such as Asia/Shanghai")
        if self.time_zone is not None and self.daily is None:
            yield Finding("timeZone without daily", "daily; instants have their own offset", ("timeZone",))
        if self.time_zone is not None and self.time_zone not in _zones():
            near = did_you_mean(self.time_zone, _zones())
            yield Finding(shown(self.time_zone), f"an IANA time zone such as Asia/Shanghai{near}", ("timeZone",))


def _second(text: str) -> int:
    return int(text[:2]) * 3600 + int(text[3:]) * 60


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())
