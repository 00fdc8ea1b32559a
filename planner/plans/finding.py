"""Finding: one thing that is wrong with a plan."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """where: server or domain, empty: everywhere. found, allowed: in the rule's unit."""

    rule: str
    message: str
    applications: tuple[str, ...]
    where: str
    found: int
    allowed: int
