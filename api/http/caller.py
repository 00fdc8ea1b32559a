"""The seam where somebody who asks gets a name: every route asks its context who it is."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from fastapi import Request

from planner.access.caller import ANYBODY, Caller

Identify = Callable[[Request], Awaitable[Caller]]
"""Who asks this. Raises Refused for strangers."""


async def anybody(_: Request) -> Caller:
    """Where nobody is asked for a key."""
    return ANYBODY
