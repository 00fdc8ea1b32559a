"""Which lane a request belongs in: single requests are short; batches, and searches that take their time, are long."""

from __future__ import annotations

import json
from typing import Any

from api.workers.queue import Lane

BODY = 64 * 2**10
"""Bytes; a larger body is a batch, whatever it says, and is not looked into."""
APPLICATIONS = 8
INSTANCES = 5_000


def sized(content: bytes, *, commits: bool | None = None) -> tuple[Lane, str]:
    """(lane, tenant) of a body with applications; a body that is none is short: it is refused soon. commits:
    whether it changes the books; None: where its body says so."""
    if len(content) > BODY:
        return "long", ""
    try:
        body = json.loads(content)
        applications = body["applications"]
        tenant = str(applications[0]["metadata"].get("namespace", "default"))
        if len(applications) > APPLICATIONS or sum(map(_instances, applications)) > INSTANCES:
            return "long", tenant
        if commits is None:
            commits = body.get("commit") == "auto"
        return "book" if commits else "short", tenant
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return "short", ""


def _instances(application: dict[str, Any]) -> int:
    return sum(int(entry.get("instances", 0)) for entry in application["spec"].get("demand", ()))
