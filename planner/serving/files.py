"""Files of serving: the plan as JSON, or a line for every site that answers users of a province and carrier."""

from __future__ import annotations

from planner.serving.result import ServingPlan

HEADER = "application,province,carrier,site,users,share,latency_ms"


def written(plan: ServingPlan, suffix: str) -> str:
    """suffix: `.csv` for lines; JSON else."""
    if suffix != ".csv":
        return plan.model_dump_json(by_alias=True, exclude_none=True, indent=1) + "\n"
    lines = [
        f"{plan.application},{each.province},{each.carrier},{each.site},{each.users},{each.share},{each.latency_ms}"
        for each in plan.answers
    ]
    return "\n".join([HEADER, *lines]) + "\n"
