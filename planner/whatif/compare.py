"""Compare: two results side by side, scenario by scenario."""

from __future__ import annotations

from pydantic import Field

from planner.manifests.manifest import Manifest
from planner.whatif.result import JobResult, ScenarioResult


class Figures(Manifest):
    """Of one scenario, or summed over several."""

    refused: int
    refused_vcpu: float
    broken: int
    restarted: int
    moves: int
    cost: float
    headroom: int


class Compared(Manifest):
    """A scenario that both have. kept, broken: promises that only the second, or only the first, keeps."""

    name: str
    before: Figures
    after: Figures
    kept: list[str]
    broken: list[str]


class Comparison(Manifest):
    """scenarios: those that differ, first those whose refusals got worse. alike: how many do not differ. before, after:
    summed over all that both have worked out."""

    before: Figures
    after: Figures
    alike: int
    scenarios: list[Compared]
    only_before: list[str] = Field(description="Scenarios of the first alone.")
    only_after: list[str]


def compared(one: JobResult, other: JobResult) -> Comparison:
    """Scenarios are the same when their names are."""
    before, after = ({each.name: each for each in job.scenarios if each.score} for job in (one, other))
    shared = [name for name in before if name in after]
    pairs = [_pair(before[name], after[name]) for name in shared]
    differing = [each for each in pairs if each.before != each.after or each.kept or each.broken]
    worse = sorted(differing, key=lambda each: (each.before.refused_vcpu - each.after.refused_vcpu, each.name))
    return Comparison(
        before=_sum([each.before for each in pairs]),
        after=_sum([each.after for each in pairs]),
        alike=len(pairs) - len(differing),
        scenarios=worse,
        only_before=[name for name in before if name not in after],
        only_after=[name for name in after if name not in before],
    )


def _pair(one: ScenarioResult, other: ScenarioResult) -> Compared:
    was, now = ({f"{row.application}: {row.promise}" for row in each.broken} for each in (one, other))
    return Compared(
        name=one.name, before=_figures(one), after=_figures(other), kept=sorted(was - now), broken=sorted(now - was)
    )


def _figures(each: ScenarioResult) -> Figures:
    assert each.score is not None
    score = each.score
    return Figures(
        refused=score.refused,
        refused_vcpu=score.refused_vcpu,
        broken=len(each.broken),
        restarted=score.restarted,
        moves=score.moves,
        cost=score.cost,
        headroom=score.headroom,
    )


def _sum(figures: list[Figures]) -> Figures:
    return Figures(**{name: sum(getattr(each, name) for each in figures) for name in Figures.model_fields})
