"""Status: what `kubectl get` and `kubectl describe` say of an application. Pure texts and counts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Object = dict[str, Any]
LONGEST_EVENT, LONGEST_MESSAGE = 1024, 32_768
"""What the API server takes."""
ORDER = ("Planned", "Delivered", "Bound", "Ready")
"""Conditions, in the order in which they come true."""


@dataclass(frozen=True, slots=True)
class Said:
    """A condition as it is now. status: None where nobody knows."""

    type: str
    status: bool | None
    reason: str
    message: str = ""


@dataclass(frozen=True, slots=True)
class SiteCount:
    site: str
    cluster: str
    planned: int
    made: int = 0
    bound: int = 0
    ready: int = 0
    trouble: str = ""
    """Why the site does not have its package yet; empty where it has."""

    def row(self) -> Object:
        return {name: getattr(self, name) for name in ("site", "cluster", "planned", "made", "bound", "ready")}


def progress(sites: Sequence[SiteCount]) -> list[Said]:
    """Delivered, Bound and Ready, from the counts of the sites."""
    planned = sum(site.planned for site in sites)
    troubled = [site for site in sites if site.trouble]
    if troubled:
        told = "; ".join(f"{site.site}: {site.trouble}" for site in troubled[:5])
        more = f"; and {len(troubled) - 5} more sites" if len(troubled) > 5 else ""
        delivered = Said("Delivered", False, "SitesWaiting", told + more)
    else:
        delivered = Said("Delivered", True, "Delivered", f"{len(sites)} sites have their packages")
    return [
        delivered,
        _counted("Bound", sum(site.bound for site in sites), planned, "on the servers that the plan names"),
        _counted("Ready", sum(site.ready for site in sites), planned, "ready"),
    ]


def _counted(kind: str, have: int, planned: int, what: str) -> Said:
    return Said(kind, have >= planned, kind if have >= planned else "InProgress", f"{have:,} of {planned:,} {what}")


def phase(said: Sequence[Said]) -> str:
    """The one word: of the first condition that is not true, or Ready."""
    known = {each.type: each for each in said}
    for name in ORDER:
        each = known.get(name)
        if each is not None and not each.status:
            return {"Delivered": "Delivering", "Bound": "Binding", "Ready": "Starting"}.get(name, each.reason)
    return "Ready"


def conditions(before: Sequence[Mapping[str, Any]], said: Sequence[Said], generation: int, now: str) -> list[Object]:
    """metav1.Condition; the time of one that says the same as before stays. now: RFC 3339."""
    known = {each["type"]: each for each in before}
    rows = []
    for each in said:
        status = "Unknown" if each.status is None else str(each.status)
        old = known.get(each.type)
        since = old["lastTransitionTime"] if old and old["status"] == status else now
        rows.append(
            {
                "type": each.type,
                "status": status,
                "reason": each.reason,
                "message": each.message[:LONGEST_MESSAGE],
                "lastTransitionTime": since,
                "observedGeneration": generation,
            }
        )
    return rows


def short(message: str) -> str:
    """As long as an Event may be."""
    return message if len(message) <= LONGEST_EVENT else f"{message[: LONGEST_EVENT - 4]} ..."


def reason(code: str) -> str:
    """`capacity.waiting` -> `CapacityWaiting`: conditions want words in one piece."""
    return "".join(part.capitalize() for part in code.replace("-", ".").split(".")) or "Refused"


def refusal(detail: str, when: str | None, conflict: Sequence[str], offers: Sequence[str]) -> str:
    """Why an application is refused, line by line, as `kubectl describe` shows it."""
    lines = [detail]
    if when:
        lines.append(f"room is known to be free from {when} on")
    if conflict:
        lines += ["cannot all be true:", *(f"- {each}" for each in conflict)]
    if offers:
        lines += ["with each of these it fits, solved again and checked:"]
        lines += [f"{number}. {each}" for number, each in enumerate(offers, 1)]
    return "\n".join(lines)
