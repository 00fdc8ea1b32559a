"""A rule that may be broken: a plan is judged by how badly it breaks it, and never refused for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from solver.constraints.base import Breakable, Model
from solver.problem import Violation
from solver.standing import Standing


@dataclass(frozen=True, slots=True)
class Soft:
    """weight: of each instance or domain by which the rule is broken. Whoever looks for a family by its type does
    not find it in here, so that bounds and tables treat the rule as if it were not there."""

    rule: Breakable
    weight: int
    name = "soft"

    @property
    def subjects(self) -> tuple[int, ...]:
        return self.rule.subjects

    def violations(self, standing: Standing) -> list[Violation]:
        return []

    def post(self, model: Model) -> None:
        """Nothing is forbidden."""

    def breach(self, standing: Standing) -> int:
        return sum(abs(each.found - each.allowed) for each in self.rule.breaches(standing))

    def post_breach(self, model: Model) -> Any:
        return self.rule.post_breach(model)
