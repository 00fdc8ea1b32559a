"""Which lane a request belongs in: single requests are short; batches, and searches that take their time, are long."""

from __future__ import annotations

import json
import zlib
from typing import Any, NamedTuple

from api.workers.queue import Lane
from planner.access.caller import Caller

BODY = 64 * 2**10
"""Bytes; a larger body is a batch, whatever it says, and is not looked into."""
APPLICATIONS = 8
INSTANCES = 5_000


class Sized(NamedTuple):
    """tenant: whose turn it takes: that of its first application, or the caller's own, who may not act for that one or
    names none. place: a number for where its first application wants to be."""

    lane: Lane
    tenant: str
    place: int = 0


def sized(content: bytes, caller: Caller, *, commits: bool | None = None) -> Sized:
    """Of a body with applications; a body that is none is short: it is refused soon. commits: whether it changes the
    books; None: where its body says so."""
    if len(content) > BODY:
        return Sized("long", caller.id)
    try:
        body = json.loads(content)
        applications = body["applications"]
        named = str(applications[0]["metadata"].get("namespace", "default"))
        tenant = named if caller.sees(named) else caller.id
        if len(applications) > APPLICATIONS or sum(map(_instances, applications)) > INSTANCES:
            return Sized("long", tenant)
        if commits is None:
            commits = body.get("commit") == "auto"
        return Sized("book", tenant, _place(applications[0])) if commits else Sized("short", tenant)
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return Sized("short", caller.id)


def for_a_plan(content: bytes, caller: Caller, books: bool) -> Sized:
    """Of a body for `/v1/solve`. books: whether there are any; over a world nothing is booked."""
    return sized(content, caller, commits=None if books else False)


def _place(application: dict[str, Any]) -> int:
    where = [entry.get("where") for entry in application["spec"].get("demand", ())]
    return zlib.crc32(json.dumps(where, sort_keys=True).encode())


def _instances(application: dict[str, Any]) -> int:
    return sum(int(entry.get("instances", 0)) for entry in application["spec"].get("demand", ()))
