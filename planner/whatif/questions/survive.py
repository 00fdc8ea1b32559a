"""Survive: which promises break when any single domain is lost, the worst first, with what is lost then."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pydantic import Field

from planner.manifests.limits import Level
from planner.manifests.manifest import Manifest
from planner.whatif.base import Base
from planner.whatif.manifest import Entry, EveryLoss
from planner.whatif.promises import promises
from planner.whatif.result import Broken, JobResult


class PromiseBroken(Manifest):
    """Under its worst loss `left` of the `needed` instances run. losses: how many break it. proven: none of it is due
    to a search that found no place where there may be one."""

    tenant: str
    application: str
    promise: str
    losses: int
    worst: str
    needed: int
    left: int
    proven: bool


class Survive(Manifest):
    """losses: how many were played, and how many of them leave something without a place (`refusing`). promises: how
    many there are; `broken`: those that do not hold under every loss, the worst first."""

    losses: int
    refusing: int
    failed: int
    promises: int
    broken: list[PromiseBroken]
    job: JobResult = Field(description="Loss by loss.")


def every_loss(levels: Sequence[Level], where: Mapping[str, list[str]]) -> list[Entry]:
    return [Entry(every_loss=EveryLoss(of=level, where=dict(where)), replan="failover") for level in levels]


def survive(base: Base, job: JobResult) -> Survive:
    """job: of `every_loss`."""
    hits: dict[tuple[str, str], list[tuple[str, Broken]]] = {}
    for each in job.scenarios:
        for row in each.broken:
            hits.setdefault((row.application, row.promise), []).append((each.name, row))
    broken = sorted(map(_worst, hits.values()), key=lambda row: (row.left / row.needed, row.application, row.promise))
    return Survive(
        losses=job.done - job.failed,
        refusing=sum(1 for each in job.scenarios if each.refused),
        failed=job.failed,
        promises=promises(base),
        broken=broken,
        job=job,
    )


def _worst(hits: Sequence[tuple[str, Broken]]) -> PromiseBroken:
    name, row = min(hits, key=lambda hit: (hit[1].left / hit[1].needed, hit[0]))
    return PromiseBroken(
        tenant=row.tenant,
        application=row.application,
        promise=row.promise,
        losses=len(hits),
        worst=name,
        needed=row.needed,
        left=row.left,
        proven=all(each.proven for _, each in hits),
    )
