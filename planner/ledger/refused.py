"""What the books refuse, each with a stable code."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why capacity is refused. shortfall: resource -> base units that are missing. fits: instances that would fit now.
    when: the first instant (milliseconds) that is known at which all fits; None: none is known. reasons: of the plan,
    per application. helps: changes that were tried and make it fit."""

    shortfall: Mapping[str, int] = field(default_factory=dict)
    fits: int = 0
    when: int | None = None
    reasons: tuple[str, ...] = ()
    helps: tuple[str, ...] = ()


class Refused(Exception):  # noqa: N818 - the books say no; nothing failed
    """code: `capacity.waiting`, `capacity.exceeds`, `plan.stale`, ... (docs/books.md lists them)."""

    def __init__(self, code: str, detail: str, explanation: Explanation | None = None) -> None:
        super().__init__(detail)
        self.code, self.detail, self.explanation = code, detail, explanation

    def __reduce__(self) -> tuple[Any, ...]:
        """It goes from one process to another."""
        return _again, (type(self), self.code, self.detail, self.explanation)


class Stale(Refused):
    """Others changed what the decision was made on, in between: decide again."""

    def __init__(self, detail: str) -> None:
        super().__init__("plan.stale", detail)


def _again(kind: type[Refused], code: str, detail: str, explanation: Explanation | None) -> Refused:
    error = kind.__new__(kind)
    Refused.__init__(error, code, detail, explanation)
    return error
