"""Made: what is measured of a plan, where it is made, to be counted elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from planner.plans.plan import Plan


@dataclass(frozen=True, slots=True)
class Made:
    """seconds: of each stage, in their order, without the total. placed, unplaced: instances."""

    status: str
    gap: float
    seconds: Mapping[str, float]
    placed: int
    unplaced: int

    @staticmethod
    def of(plan: Plan) -> Made:
        stages = {stage: spent for stage, spent in plan.seconds.items() if stage != "total"}
        placed, unplaced = (sum(row.instances for row in rows) for rows in (plan.placements, plan.unplaced))
        return Made(plan.status, plan.gap, stages, placed, unplaced)
