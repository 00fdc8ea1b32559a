"""Sharing: lines that take room at different hours of the day, or after different losses, need less than their sum."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from planner.inventory.calendar import Calendar
from planner.ledger.entries import Line, amounts
from planner.manifests.instants import milliseconds
from planner.manifests.window import DAY, Window


def together(lines: Iterable[Line]) -> Mapping[str, int]:
    """Resource -> what lines on one server need that are there at the same time: the most of all hours, and beside it
    the most of all losses, for losses come one at a time and at any hour."""
    hours: dict[str, Counter[str]] = {}
    losses: dict[str, Counter[str]] = {}
    for line in lines:
        total = losses.setdefault(line.lost, Counter()) if line.lost else hours.setdefault(line.daily, Counter())
        for resource, amount in amounts(line.amounts).items():
            total[resource] += line.instances * amount
    need: Counter[str] = Counter()
    for taken in (_hours(hours), _most(losses.values())):
        need.update(taken)
    return need


@lru_cache(maxsize=4096)
def window(daily: str) -> Window:
    """Slices of the day as lines have them."""
    return Window.model_validate_json(daily)


def slices(given: Window | None) -> str:
    """What lines say of a window: its slices of the day; its start and end are theirs."""
    if given is None or given.daily is None:
        return ""
    return Window(daily=given.daily, time_zone=given.time_zone).model_dump_json(by_alias=True, exclude_none=True)


def open_between(daily: str, begin: int, stop: int) -> int:
    """Milliseconds of that time in which slices of the day are open; all of it without any."""
    if not daily or stop <= begin:
        return stop - begin
    of = window(daily)
    zone = ZoneInfo(of.time_zone or "UTC")
    day = datetime.fromtimestamp(begin / 1000, zone).replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
    day -= timedelta(days=1)  # a slice may have begun yesterday
    total, upto = 0, begin
    for opens, closes in sorted(_slices(of, day, stop)):
        total += max(0, min(closes, stop) - max(opens, upto))
        upto = max(upto, closes)
    return total


def _slices(of: Window, day: datetime, stop: int) -> Iterator[tuple[int, int]]:
    """From the midnight `day` on: when they open and close, in milliseconds."""
    while milliseconds(day) < stop:
        for first, last in of.slices:
            after = last if last > first else last + DAY
            opens, closes = (milliseconds(day + timedelta(seconds=each)) for each in (first, after))
            yield opens, closes
        day += timedelta(days=1)


def _hours(taken: Mapping[str, Counter[str]]) -> Counter[str]:
    names = tuple(sorted(taken))
    return _most(_sum([taken[names[at]] for at in here]) for here in _meetings(names))


@lru_cache(maxsize=4096)
def _meetings(daily: Sequence[str]) -> tuple[tuple[int, ...], ...]:
    """Which of these are open together at some time, daylight saving included."""
    if len(daily) < 2:
        return ((0,),) if daily else ()
    moments = Calendar.of([window(each) for each in daily]).open
    return tuple({tuple(row.nonzero()[0].tolist()) for row in moments})


def _sum(parts: Iterable[Counter[str]]) -> Counter[str]:
    total: Counter[str] = Counter()
    for part in parts:
        total.update(part)
    return total


def _most(parts: Iterable[Counter[str]]) -> Counter[str]:
    most: Counter[str] = Counter()
    for part in parts:
        most |= part
    return most
