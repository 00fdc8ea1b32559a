"""Limits: rules on how the instances of an application, or of a group, stand to each other and to others."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from planner.manifests.errors import Finding, wrong
from planner.manifests.manifest import Manifest, exactly_one
from planner.manifests.quantities import Count, Keep, Share

Level = Literal["server", "rack", "site", "city", "province", "region", "carrier"]
Across = Literal["application", "group"]
Weight = Annotated[
    int,
    Field(
        strict=True,
        ge=1,
        le=1000,
        description="May be broken where it costs instances otherwise: weight of each instance or domain too many or "
        "too few. Without it nothing is placed that breaks the rule.",
    ),
]


class Spread(Manifest):
    """Limits per failure domain of one level. `maxShare` is of all instances that the rule spans."""

    over: Level
    max_instances: Count | None = None
    max_share: Share | None = None
    min_domains: Count | None = None
    across: Across = "application"
    soft: Weight | None = None

    @model_validator(mode="after")
    def _some_limit(self) -> Self:
        if self.max_instances is None and self.max_share is None and self.min_domains is None:
            raise wrong(Finding("a spread without a limit", "at least one of maxInstances, maxShare, minDomains"))
        return self


class Together(Manifest):
    """All instances stand in one domain of the level."""

    at: Level
    across: Across = "application"
    soft: Weight | None = None


class Survives(Manifest):
    """After losing any `count` domains of the level `lossOf`, at least `keep` remain: a share of all, or a number.
    With `standby: shared` at least `keep` run again after any single loss, in room that is set aside elsewhere."""

    loss_of: Level
    count: Count = 1
    keep: Keep
    across: Across = "application"
    standby: Literal["shared"] | None = Field(
        None, description="`shared`: room is set aside for restarts, the same room for losses that come one at a time."
    )

    @model_validator(mode="after")
    def _one_loss_at_a_time(self) -> Self:
        if self.standby and self.count > 1:
            raise wrong(Finding(str(self.count), "1 beside standby, which is for one loss at a time", ("count",)))
        return self


class ApartFrom(Manifest):
    """No domain of the level holds these instances and those of others: named `applications`, or those
    of the same group whose label `labelDiffers` has another value."""

    at: Level
    applications: list[str] = Field([])
    label_differs: str | None = None
    soft: Weight | None = None

    @model_validator(mode="after")
    def _exactly_one_kind(self) -> Self:
        exactly_one(applications=self.applications or None, labelDiffers=self.label_differs)
        return self
