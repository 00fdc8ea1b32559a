"""Lifetime: from when to when an application takes its room, as the books know it.

A line has the start and the end of its application: `end`, `expiresAfter`, and those of a `window`. What remains of a
window are its slices of the day. A child without a window has that of its master, and goes with it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from planner.manifests.application import Application
from planner.manifests.instants import FOREVER, milliseconds


def starts_of(application: Application, now: int, every: Mapping[str, Application]) -> int:
    """Milliseconds, not before now. every: where masters are found, by id."""
    window = next((each.spec.window for each in _chain(application, every) if each.spec.window), None)
    return max(now, milliseconds(window.start)) if window and window.start else now


def ends_of(application: Application, now: int, every: Mapping[str, Application]) -> int:
    """Milliseconds; FOREVER without an end."""
    return min((end for each in _chain(application, every) for end in _ends(each, now)), default=FOREVER)


def _chain(application: Application, every: Mapping[str, Application]) -> Iterator[Application]:
    """It, its master, and so on."""
    passed: set[str] = set()
    while application.id not in passed:
        passed.add(application.id)
        yield application
        master = application.spec.master
        found = every.get(application.refers_to(master.application)) if master else None
        if found is None:
            return
        application = found


def _ends(application: Application, now: int) -> Iterator[int]:
    spec = application.spec
    if spec.expires_after is not None:
        yield now + spec.expires_after
    if spec.end is not None:
        yield spec.end
    if spec.window is not None and spec.window.end is not None:
        yield milliseconds(spec.window.end)
