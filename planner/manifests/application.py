"""Application: what a tenant asks for. One model for the file, the API body and the Kubernetes object."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator
from pydantic.alias_generators import to_camel

from planner.manifests.quantities import Resources, share

Level = Literal["server", "rack", "site", "city", "province", "region", "carrier"]
Across = Literal["application", "group"]
Name = Annotated[str, Field(pattern=r"^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$")]
Share = Annotated[float, BeforeValidator(share), Field(gt=0, le=1)]


def _one_or_more(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


def _not_empty(value: dict[str, list[str]]) -> dict[str, list[str]]:
    for key, accepted in value.items():
        if not accepted:
            raise ValueError(f"'{key}' accepts no value: name at least one, or leave the key out")
    return value


Where = Annotated[
    dict[str, Annotated[list[str], BeforeValidator(_one_or_more)]],
    AfterValidator(_not_empty),
    Field(description="Site attribute or label -> accepted values; a list means any of them."),
]


class Manifest(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="forbid", frozen=True)


class Metadata(Manifest):
    name: Name
    namespace: Name = Field("default", description="The tenant.")
    labels: dict[str, str] = {}


class Demand(Manifest):
    """How many instances, and where they may go: `instances` in total, or `instancesPerSite` in every matching site."""

    where: Where = {}
    instances: int | None = Field(None, ge=1)
    instances_per_site: int | None = Field(None, ge=1)

    @model_validator(mode="after")
    def _exactly_one_amount(self) -> Self:
        if (self.instances is None) == (self.instances_per_site is None):
            raise ValueError("give either 'instances' or 'instancesPerSite'")
        return self


class Spread(Manifest):
    """Limits per failure domain of one level. `maxShare` is of all instances that the rule spans."""

    over: Level
    max_instances: int | None = Field(None, ge=1)
    max_share: Share | None = None
    min_domains: int | None = Field(None, ge=1)
    across: Across = "application"

    @model_validator(mode="after")
    def _some_limit(self) -> Self:
        if self.max_instances is None and self.max_share is None and self.min_domains is None:
            raise ValueError("give at least one of 'maxInstances', 'maxShare', 'minDomains'")
        return self


class Together(Manifest):
    """All instances stand in one domain of the level."""

    at: Level
    across: Across = "application"


class ApartFrom(Manifest):
    """No domain of the level holds these instances and those of others: named `applications`, or those
    of the same group whose label `labelDiffers` has another value."""

    at: Level
    applications: list[str] = []
    label_differs: str | None = None

    @model_validator(mode="after")
    def _exactly_one_kind(self) -> Self:
        if bool(self.applications) == (self.label_differs is not None):
            raise ValueError("give either 'applications' or 'labelDiffers'")
        return self


class Master(Manifest):
    """A child runs only in its master's sites: one instance per `ratio` master instances of the site,
    rounded up, or `perSite` instances in each."""

    application: str
    ratio: int | None = Field(None, ge=1)
    per_site: int | None = Field(None, ge=1)

    @model_validator(mode="after")
    def _exactly_one_amount(self) -> Self:
        if (self.ratio is None) == (self.per_site is None):
            raise ValueError("give either 'ratio' or 'perSite'")
        return self


class Partial(Manifest):
    """Fewer instances than asked for are welcome, from `minimum` on."""

    minimum: int = Field(1, ge=1)


class ApplicationSpec(Manifest):
    runtime: Literal["vm", "container"]
    resources: Resources
    numa_cells: Literal[1, 2] | None = Field(None, description="NUMA cells an instance spans: half of it in each of two.")
    demand: list[Demand] = Field([], description="Empty only for a child, whose demand follows its master.")
    requires: list[str] = Field([], description="Capabilities that the site or server must offer.")
    forbids: list[str] = Field([], description="Capabilities that the site or server must not offer.")
    spread: list[Spread] = []
    together: list[Together] = []
    apart_from: list[ApartFrom] = []
    group: str | None = Field(None, description="Applications of one namespace and group share the rules marked `across: group`.")
    all_or_nothing: Across = Field("application", description="What is placed whole or not at all.")
    partial: Partial | None = None
    master: Master | None = None
    priority: int = Field(1, ge=1, le=1_000_000, description="Worth of one instance when not everything fits.")

    @model_validator(mode="after")
    def _agrees(self) -> Self:
        if self.master is None and not self.demand:
            raise ValueError("an application without 'master' needs 'demand'")
        if self.master is not None and self.demand:
            raise ValueError("a child's demand follows its master: remove 'demand' or 'master'")
        if self.master is not None and self.partial is not None:
            raise ValueError("a child is placed as its master asks: remove 'partial' or 'master'")
        if self.partial is not None and self.all_or_nothing == "group":
            raise ValueError("'partial' contradicts 'allOrNothing: group'")
        spans_group = (
            self.all_or_nothing == "group"
            or any(rule.across == "group" for rule in (*self.spread, *self.together))
            or any(rule.label_differs is not None for rule in self.apart_from)
        )
        if spans_group and self.group is None:
            raise ValueError("a rule spans the group, but 'group' is not set")
        total = sum(entry.instances or 0 for entry in self.demand)
        whole = all(entry.instances is not None for entry in self.demand)
        for rule in self.spread:
            if rule.min_domains and self.demand and whole and rule.across == "application" and rule.min_domains > total:
                raise ValueError(f"minDomains {rule.min_domains} exceeds the {total} instances asked for")
        if self.partial is not None and whole and self.partial.minimum > total:
            raise ValueError(f"partial.minimum {self.partial.minimum} exceeds the {total} instances asked for")
        return self


class Application(Manifest):
    api_version: Literal["bayplan.io/v1alpha1"] = "bayplan.io/v1alpha1"
    kind: Literal["Application"] = "Application"
    metadata: Metadata
    spec: ApplicationSpec

    @property
    def id(self) -> str:
        """`namespace/name`; the default namespace is not written."""
        return qualified(self.metadata.name, self.metadata.namespace)

    def refers_to(self, reference: str) -> str:
        """The id behind a reference: a bare name means this application's namespace."""
        return reference if "/" in reference else qualified(reference, self.metadata.namespace)


def qualified(name: str, namespace: str) -> str:
    return name if namespace == "default" else f"{namespace}/{name}"
