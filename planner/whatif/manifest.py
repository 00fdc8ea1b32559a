"""WhatIf: a base, and scenarios that change it; each is a list of changes, and some are generated."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, NonNegativeInt, PositiveInt, model_validator

from planner.manifests.application import Application
from planner.manifests.demand import Values, Where
from planner.manifests.errors import Finding, wrong
from planner.manifests.limits import Level
from planner.manifests.manifest import Manifest, exactly_one, one_or_more
from planner.manifests.quantities import Count, Resources, Share
from planner.manifests.window import Instant
from planner.plans.plan import Then

Replan = Literal["new-demand", "failover", "everything"]
Factor = Annotated[float, Field(strict=True, gt=1, le=100)]
SHAPE = {"cpu": 4_000, "memory": 8_192}


class Base(Manifest):
    """Where every scenario starts: the folder of a world, or the books as they are; `at`: a date in the calendar."""

    world: str | None = Field(None, description="Folder of a world, seen from the file that names it.")
    books: str | None = Field(
        None, description="Database of the books: a file, or postgresql://...; empty: that of BAYPLAN_DATABASE."
    )
    at: Instant | None = Field(None, description="What has ended by then takes no room. By default now.")

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        exactly_one(world=self.world, books=self.books)
        return self


class Lose(Manifest):
    """Domains of one level are gone, with all that runs there."""

    level: Level = "site"
    domains: Values = Field(description="By name: a site, `site/rack`, `province/city`, ...")


class Retire(Manifest):
    """Sites are given up by a date: what still runs there then has to be somewhere else."""

    sites: Values
    by: Instant | None = None


class Grow(Manifest):
    """Demand grows by a factor, there where it is: in sites that match `where`, and only there may the new part go."""

    factor: Factor = Field(description="1.2: a fifth more than what runs there, or is asked for only there.")
    where: Where = Field({})
    tenants: list[str] = Field([], description="Only theirs; by default everybody's.")


class Add(Manifest):
    """Empty servers more, all alike, in a rack of their own in each of the sites."""

    servers: Annotated[int, Field(strict=True, ge=1, le=100_000)] = Field(description="In each site.")
    shape: Resources
    sites: Values
    capabilities: list[str] = Field([])


class Weigh(Manifest):
    """Other weights: worth of an instance by application or by tenant, and what to optimise."""

    applications: dict[str, Count] = Field({})
    tenants: dict[str, Count] = Field({})
    then: Then | None = None


class Change(Manifest):
    """One change of the base: exactly one field."""

    lose: Lose | None = None
    retire: Retire | None = None
    grow: Grow | None = None
    add: Add | None = None
    ask: Annotated[list[Application], BeforeValidator(one_or_more)] | None = Field(
        None, description="Applications that ask for room beside all others."
    )
    weigh: Weigh | None = None

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        exactly_one(**{name: getattr(self, name) for name in type(self).model_fields})
        return self


class EveryLoss(Manifest):
    """Every single domain of a level is lost, or every set of so many of them."""

    of: Level = "site"
    together: PositiveInt = Field(1, le=3)
    where: Where = Field({}, description="Only domains with a site that matches.")


class Growth(Manifest):
    """Demand grows by each of the factors, in each place alone."""

    factors: Annotated[list[Factor], Field(min_length=1)]
    by: str | None = Field(None, description="A site attribute, such as region: each of its values alone.")
    where: Where = Field({})


class Failures(Manifest):
    """Random failures: in each draw every domain of a level fails by itself, at the rate of the level."""

    draws: Count
    rates: Annotated[dict[Level, Share], Field(min_length=1)]
    seed: int = Field(0, ge=0, lt=2**31)


class Entry(Manifest):
    """Changes that are one scenario, or a generator of many; each of these then comes on top of the changes."""

    name: str | None = None
    changes: list[Change] = Field([])
    every_loss: EveryLoss | None = None
    growth: Growth | None = None
    failures: Failures | None = None
    replan: Replan | None = None
    moves: NonNegativeInt | None = Field(None, le=10_000)

    @model_validator(mode="after")
    def _something(self) -> Self:
        generators = [name for name in ("every_loss", "growth", "failures") if getattr(self, name) is not None]
        if len(generators) > 1:
            raise wrong(Finding(f"{' beside '.join(generators)}", "one generator"))
        if not generators and not self.changes:
            raise wrong(Finding("neither changes nor a generator", "changes, everyLoss, growth or failures"))
        if not generators and self.name is None:
            raise wrong(Finding("no name", "a name for the scenario that the changes are", ("name",)))
        return self


class Asked(Manifest):
    """What is asked of any base."""

    scenarios: Annotated[list[Entry], Field(min_length=1)]
    replan: Replan | None = Field(
        None,
        description="What is planned again: by default failover where something is lost or retired, else new-demand.",
    )
    moves: NonNegativeInt = Field(0, le=10_000, description="Instances that may move, with `replan: everything`.")
    effort: NonNegativeInt = Field(
        8, le=1000, description="Rounds of search for each scenario that leaves out something."
    )
    seed: int = Field(0, ge=0, lt=2**31)


class WhatIfSpec(Asked):
    base: Base
    shape: Resources = Field(SHAPE, description="The instance that headroom and stranded capacity are counted in.")


class Metadata(Manifest):
    name: str = Field(min_length=1, max_length=100)


class WhatIf(Manifest):
    api_version: Literal["bayplan.io/v1alpha1"] = "bayplan.io/v1alpha1"
    kind: Literal["WhatIf"] = "WhatIf"
    metadata: Metadata
    spec: WhatIfSpec
