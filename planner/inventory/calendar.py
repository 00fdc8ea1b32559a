"""Calendar: the few moments at which something is different, of all the time that windows divide."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from planner.manifests.application import Application
from planner.manifests.window import DAY, FIRST, LAST, Window
from solver.problem import Ids, Ints

Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Calendar:
    """One moment for every set of windows that are open at the same time.

    windows: None is always open. open: [moments, windows], rows unique. at: [moments], where such a time first begins,
    in seconds of the Unix epoch; then everything stays as it is, or comes back daily, during `era` [moments, 2].
    """

    windows: tuple[Window | None, ...]
    open: Flags
    at: Ints
    era: Ints

    @staticmethod
    def of(windows: Iterable[Window | None], since: datetime | None = None) -> Calendar:
        """since: earlier times do not count. The order of the windows is kept.

        Time is cut where a window starts or ends and where a zone changes its offset from UTC. Within such an era each
        day is like the one before, so that its first day tells of them all: exact, with daylight saving too.
        """
        known = tuple(dict.fromkeys(windows))
        begin = max(_seconds(since), _seconds(FIRST)) if since else _seconds(FIRST)
        eras = _eras(known, begin)
        at, era = _moments(known, eras)
        everything = (
            np.stack([_open(window, at) for window in known], axis=1) if known else np.zeros((len(at), 0), bool)
        )
        rows, first = np.unique(everything, axis=0, return_index=True)
        order = np.argsort(first)
        return Calendar(known, rows[order], at[first[order]], era[first[order]])

    def of_each(self, windows: Iterable[Window | None]) -> Flags:
        """[moments, these windows]: which are open."""
        column = {window: row for row, window in enumerate(self.windows)}
        return self.open[:, [column[window] for window in windows]]

    def opens(self, window: Window | None) -> bool:
        """At any time."""
        return bool(self.of_each([window]).any())

    def told(self, moment: int) -> str:
        """`between 18:00 and 23:00 Asia/Shanghai`, `until 2026-12-01 00:00 +08:00`; empty when it is always so."""
        here = [window for window, isin in zip(self.windows, self.open[moment], strict=True) if isin and window]
        daily = next((window for window in here if window.daily), None)
        told = [_between(self, moment, daily)] if daily else []
        begin, end = self.era[moment].tolist()
        zone = _zone(daily) if daily else None
        stated = {_seconds(each): each.tzinfo for w in self.windows if w for each in (w.start, w.end) if each}
        if begin > self.era[:, 0].min():
            told.append(f"from {clock(datetime.fromtimestamp(begin, zone or stated.get(begin, UTC)))}")
        if end in stated:
            told.append(f"until {clock(datetime.fromtimestamp(end, zone or stated[end]))}")
        return " ".join(told)


def windows_of(
    applications: Mapping[str, Application], known: Mapping[str, Window] | None = None
) -> dict[str, Window | None]:
    """Of each application its own window, or that of the next master above it that has one. known: windows of
    applications that are not among these."""
    return {name: _window(name, applications, known or {}) for name in applications}


def in_slices(application: Application) -> Application:
    """The same with no more of its window than slices of the day; without any, with none."""
    window = application.spec.window
    if window is None or (window.daily and not window.start and not window.end):
        return application
    slices = Window(daily=window.daily, time_zone=window.time_zone) if window.daily else None
    return application.model_copy(update={"spec": application.spec.model_copy(update={"window": slices})})


def overlap(first: Iterable[Window | None], second: Iterable[Window | None], since: datetime | None = None) -> bool:
    """Is some window of the first open at the same time as one of the second?"""
    return any(_overlap(one, other, since) for one in first for other in second)


def clock(instant: datetime) -> str:
    """`2026-12-01 18:00 +08:00`."""
    text = instant.isoformat(" ", "minutes")
    return f"{text[:16]} {text[16:]}"


def largest(sets: Flags) -> Ids:
    """Rows that are no subset of another, in their order. sets: [rows, members], rows unique."""
    inside = sets.astype(np.float32)
    missing = inside @ (1 - inside).T  # [row, other]: members of the row that the other lacks
    np.fill_diagonal(missing, 1)
    return np.flatnonzero((missing > 0).all(axis=1)).astype(np.int32)


@lru_cache(maxsize=4096)
def _overlap(first: Window | None, second: Window | None, since: datetime | None) -> bool:
    return bool(Calendar.of((first, second), since).open.all(axis=1).any())


def _window(name: str, applications: Mapping[str, Application], known: Mapping[str, Window]) -> Window | None:
    passed: set[str] = set()
    while name in applications and name not in passed:
        passed.add(name)
        spec = applications[name].spec
        if spec.window is not None or spec.master is None:
            return spec.window
        name = applications[name].refers_to(spec.master.application)
    return known.get(name)


def _eras(windows: Sequence[Window | None], begin: int) -> Ints:
    """[eras + 1]: where each begins, and where the last ends."""
    cuts = {begin}
    for window in windows:
        if window is not None:
            cuts |= {_seconds(each) for each in (window.start, window.end) if each}
            cuts.update(_changes(window.time_zone)[0].tolist() if window.time_zone else ())
    end = _seconds(LAST)
    return np.array([*sorted(cut for cut in cuts if begin <= cut < end), end], np.int64)


def _moments(windows: Sequence[Window | None], eras: Ints) -> tuple[Ints, Ints]:
    """(begin [moments], era [moments, 2]): where an era begins, and where slices begin and end on its first day."""
    begin, end = eras[:-1], eras[1:]
    marks = {(window.time_zone, mark) for window in windows if window for each in window.slices for mark in each}
    at = [begin]
    for zone, mark in sorted(marks):
        at.append(begin + (mark - begin - _offset(zone, begin)) % DAY)
    every = np.stack(at, axis=1)
    row, column = np.nonzero(every < end[:, None])
    moments = every[row, column]
    order = np.lexsort((moments, row))
    return moments[order], np.stack([begin[row], end[row]], axis=1)[order]


def _open(window: Window | None, at: Ints) -> Flags:
    """[moments]: by definition, whatever the eras are."""
    isin = np.ones(len(at), np.bool_)
    if window is None:
        return isin
    if window.start:
        isin &= at >= _seconds(window.start)
    if window.end:
        isin &= at < _seconds(window.end)
    if window.daily:
        clock = (at + _offset(window.time_zone, at)) % DAY
        slices = [
            (clock >= begin) & (clock < end) if begin < end else (clock >= begin) | (clock < end)
            for begin, end in window.slices
        ]
        isin &= np.any(slices, axis=0)
    return isin


def _between(calendar: Calendar, moment: int, daily: Window) -> str:
    """From the moment to the next at which a clock of the calendar says begin or end."""
    at, zone = int(calendar.at[moment]), _zone(daily)
    marks = {
        (window.time_zone, mark) for window in calendar.windows if window for each in window.slices for mark in each
    }
    here = np.array([at], np.int64)
    after = min(int((mark - at - _offset(name, here)[0]) % DAY) or DAY for name, mark in marks)
    before = min(int((at + _offset(name, here)[0] - mark) % DAY) for name, mark in marks)
    begin, end = (datetime.fromtimestamp(each, zone) for each in (at - before, at + after))
    return f"between {begin:%H:%M} and {end:%H:%M} {daily.time_zone}"


def _zone(window: Window) -> ZoneInfo:
    return ZoneInfo(window.time_zone or "UTC")


def _offset(zone: str | None, at: Ints) -> Ints:
    """[moments]: seconds that the clocks there are ahead of UTC."""
    changes, offsets = _changes(zone)
    return offsets[np.searchsorted(changes, at, side="right") - 1]


@lru_cache(maxsize=64)
def _changes(zone: str | None) -> tuple[Ints, Ints]:
    """(when, offset from then on), in seconds; no zone changes twice within a day, so that looking daily finds all."""
    clocks = ZoneInfo(zone or "UTC")

    def offset(at: int) -> int:
        return int((datetime.fromtimestamp(at, clocks).utcoffset() or timedelta()).total_seconds())

    first, last = _seconds(FIRST), _seconds(LAST)
    changes = [(first, offset(first))]
    for day in range(first, last, DAY):
        if offset(day + DAY) != changes[-1][1]:
            before, after = day, day + DAY
            while after - before > 1:
                middle = (before + after) // 2
                before, after = (middle, after) if offset(middle) == changes[-1][1] else (before, middle)
            changes.append((after, offset(after)))
    return np.array([at for at, _ in changes], np.int64), np.array([each for _, each in changes], np.int64)


def _seconds(instant: datetime) -> int:
    return int(instant.timestamp())
