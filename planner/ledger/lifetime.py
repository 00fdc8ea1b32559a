"""Lifetime: how long an application takes its room, as the books know it.

The books keep room from booking until the end of its time: `end`, `expiresAfter` or the end of a `window`. A window
that opens daily, or later, has its room all the time until then: nobody else is sold it between.
"""

from __future__ import annotations

from planner.manifests.application import Application
from planner.manifests.instants import FOREVER


def ends_of(application: Application, now: int) -> int:
    """Milliseconds; FOREVER without an end."""
    spec = application.spec
    ends = [now + spec.expires_after] if spec.expires_after is not None else []
    ends += [spec.end] if spec.end is not None else []
    if spec.window is not None and spec.window.end is not None:
        ends.append(round(spec.window.end.timestamp() * 1000))
    return min(ends, default=FOREVER)


def at_any_time(application: Application) -> Application:
    """The same without its window."""
    if application.spec.window is None:
        return application
    return application.model_copy(update={"spec": application.spec.model_copy(update={"window": None})})
