"""Application: what a tenant asks for. One model for the file, the API body and the Kubernetes object."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    WithJsonSchema,
    model_validator,
)
from pydantic.alias_generators import to_camel

from planner.manifests.errors import Finding, shown, wrong
from planner.manifests.instants import Duration, Instant
from planner.manifests.quantities import Count, DeviceShare, Keep, Resources, Share
from planner.manifests.window import Window

Level = Literal["server", "rack", "site", "city", "province", "region", "carrier"]
Across = Literal["application", "group"]
_MODEL = r"^[\w.:/+-]{1,253}$"
_NAME = r"^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$"


def _name(value: str) -> str:
    if not re.fullmatch(_NAME, value):
        within = "lowercase letters, digits, '-' and '.', the first and last a letter or digit, at most 253 characters"
        raise wrong(Finding(shown(value), within))
    return value


Name = Annotated[str, AfterValidator(_name), Field(json_schema_extra={"pattern": _NAME})]


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


def _model(value: str) -> str:
    if not re.fullmatch(_MODEL, value):
        raise wrong(Finding(shown(value), "a model of GPU, such as T4 or V100M16"))
    return value


GpuModel = Annotated[str, AfterValidator(_model), Field(json_schema_extra={"pattern": _MODEL})]


def _one_or_more(value: Any) -> Any:
    return value if isinstance(value, list) else [value]


Degrees = Annotated[float, Field(strict=True)]
Values = Annotated[
    list[str],
    BeforeValidator(_one_or_more),
    Field(min_length=1),
    PlainSerializer(lambda values: values if len(values) > 1 else values[0]),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}, "minItems": 1}]}),
]
Where = Annotated[
    dict[str, Values],
    Field(
        description="Site attribute or label -> accepted values; a list means any of them.",
        examples=[{"province": "Guangdong", "carrier": ["telecom", "unicom"]}],
    ),
]


class Manifest(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="forbid", frozen=True)


def _exactly_one(**fields: object) -> None:
    given = [name for name, value in fields.items() if value is not None]
    if len(given) != 1:
        found = " beside ".join(given) or f"neither {' nor '.join(fields)}"
        raise wrong(Finding(found, f"exactly one of {', '.join(fields)}"))


class Metadata(Manifest):
    name: Name
    namespace: Name = Field("default", description="The tenant.")
    labels: dict[str, str] = {}


class Users(Manifest):
    """Whom a demand serves: users in a place, in site attributes or labels as in `where`, or at a point. `carrier`
    goes with both and says whose network they are on."""

    model_config = ConfigDict(
        extra="allow", json_schema_extra={"examples": [{"province": "Guangdong", "carrier": "telecom"}]}
    )
    __pydantic_extra__: dict[str, Values] = Field(init=False)
    latitude: Degrees | None = Field(None, ge=-90, le=90)
    longitude: Degrees | None = Field(None, ge=-180, le=180)

    @property
    def attributes(self) -> Mapping[str, list[str]]:
        """The place, and the carrier."""
        return self.__pydantic_extra__

    @property
    def place(self) -> Mapping[str, list[str]]:
        """Empty at a point, and for users everywhere."""
        return {key: values for key, values in self.attributes.items() if key != "carrier"}

    @property
    def carriers(self) -> Sequence[str]:
        return self.attributes.get("carrier", [])

    @model_validator(mode="after")
    def _a_place_or_a_point(self) -> Self:
        point = {"latitude": self.latitude, "longitude": self.longitude}
        known = [name for name, value in point.items() if value is not None]
        if not known and not self.attributes:
            raise wrong(Finding("nobody", "a place such as province: Guangdong, or latitude and longitude"))
        if len(known) == 1:
            raise wrong(Finding(f"{known[0]} alone", "latitude and longitude"))
        if known and self.place:
            raise wrong(Finding(f"latitude and longitude beside {', '.join(self.place)}", "a place or a point"))
        return self


class Within(Manifest):
    """The round trip between a site and the farthest of the users takes at most so long; docs/latency.md says how it
    is estimated."""

    latency_ms: Annotated[float, Field(strict=True, gt=0, le=10_000)] = Field(description="Milliseconds.")
    of: Users


class Demand(Manifest):
    """How many instances, and where they may go: `instances` in total, or `instancesPerSite` in every matching site."""

    where: Where = {}
    within: Within | None = Field(None, description="Only sites that are near enough to the users.")
    instances: Count | None = None
    instances_per_site: Count | None = None

    @model_validator(mode="after")
    def _exactly_one_amount(self) -> Self:
        _exactly_one(instances=self.instances, instancesPerSite=self.instances_per_site)
        return self


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
    applications: list[str] = []
    label_differs: str | None = None
    soft: Weight | None = None

    @model_validator(mode="after")
    def _exactly_one_kind(self) -> Self:
        _exactly_one(applications=self.applications or None, labelDiffers=self.label_differs)
        return self


class Master(Manifest):
    """A child runs only in its master's sites: one instance per `ratio` master instances of the site,
    rounded up, or `perSite` instances in each."""

    application: str
    ratio: Count | None = None
    per_site: Count | None = None

    @model_validator(mode="after")
    def _exactly_one_amount(self) -> Self:
        _exactly_one(ratio=self.ratio, perSite=self.per_site)
        return self


class Partial(Manifest):
    """Fewer instances than asked for are welcome, from `minimum` on."""

    minimum: Count = 1


class ApplicationSpec(Manifest):
    runtime: Literal["vm", "container"]
    resources: Resources
    numa_cells: Literal[1, 2] | None = Field(
        None, description="NUMA cells an instance spans: half of it in each of two."
    )
    gpu_share: DeviceShare | None = None
    gpu_models: list[GpuModel] = Field(
        [], description="Models of GPU that will do: the server offers `gpu.<model>`, in lower case. Empty: any."
    )
    demand: list[Demand] = Field([], description="Empty only for a child, whose demand follows its master.")
    requires: list[str] = Field([], description="Capabilities that the site or server must offer.")
    forbids: list[str] = Field([], description="Capabilities that the site or server must not offer.")
    spread: list[Spread] = []
    together: list[Together] = []
    survives: Annotated[
        list[Survives], BeforeValidator(_one_or_more, json_schema_input_type=list[Survives] | Survives)
    ] = Field([], description="One, or several.")
    apart_from: list[ApartFrom] = []
    group: str | None = Field(
        None, description="Applications of one namespace and group share the rules marked `across: group`."
    )
    all_or_nothing: Across = Field("application", description="What is placed whole or not at all.")
    partial: Partial | None = None
    master: Master | None = None
    priority: Count = Field(1, description="Worth of one instance when not everything fits.")
    window: Window | None = Field(
        None, description="When instances take room: by default always, or, for a child, when its master does."
    )
    move_cost: Annotated[int, Field(strict=True, ge=0, le=1000)] = Field(
        1, description="Of moving one instance that runs, where a solve allows moves."
    )

    expires_after: Duration | None = Field(
        None, description="Its capacity returns by the clock, so long after booking."
    )
    end: Instant | None = Field(None, description="Capacity returns by the clock, at this instant.")
    reservation: str | None = Field(None, description="The tenant's targeted reservation that it uses.")

    @model_validator(mode="after")
    def _agrees(self) -> Self:
        findings = [*self._about_demand(), *self._about_group(), *self._about_amounts(), *self._about_standby()]
        if self.expires_after is not None and self.end is not None:
            findings.append(Finding("end beside expiresAfter", "only one of them", ("end",)))
        if findings:
            raise wrong(*findings)
        return self

    def _about_demand(self) -> Iterator[Finding]:
        if self.master is None and not self.demand:
            yield Finding("neither demand nor master", "demand, or the master that this application follows")
        if self.master is not None and self.demand:
            yield Finding("demand beside master", "only one of them: a child's demand follows its master", ("demand",))
        if self.master is not None and self.partial is not None:
            yield Finding(
                "partial beside master", "only one of them: a child is placed as its master asks", ("partial",)
            )

    def _about_group(self) -> Iterator[Finding]:
        if self.partial is not None and self.all_or_nothing == "group":
            yield Finding("partial beside allOrNothing: group", "only one of them", ("partial",))
        if self.group is not None:
            return
        expected = "spec.group, as this rule spans the group"
        if self.all_or_nothing == "group":
            yield Finding("no group", expected, ("allOrNothing",))
        spanning = {
            "spread": [rule.across for rule in self.spread],
            "together": [rule.across for rule in self.together],
            "survives": [rule.across for rule in self.survives],
        }
        for field, across in spanning.items():
            for position, span in enumerate(across):
                if span == "group":
                    yield Finding("no group", expected, (field, position, "across"))
        for position, apart in enumerate(self.apart_from):
            if apart.label_differs is not None:
                yield Finding("no group", expected, ("apartFrom", position, "labelDiffers"))

    def _about_amounts(self) -> Iterator[Finding]:
        if self.gpu_share and self.resources.get("gpu"):
            yield Finding("gpuShare beside resources.gpu", "only one of them", ("gpuShare",))
        if self.gpu_models and not (self.gpu_share or self.resources.get("gpu")):
            yield Finding("gpuModels without a GPU", "resources.gpu or gpuShare beside it", ("gpuModels",))
        if not any(self.resources.values()) and not self.gpu_share:
            yield Finding("no resource above zero", "what one instance takes, such as cpu: 4", ("resources",))
        for position, name in enumerate(self.forbids):
            if name in self.requires:
                yield Finding(
                    f"{shown(name)}, which is required too", "a capability in one list", ("forbids", position)
                )
        if not self.demand or any(entry.instances is None for entry in self.demand):
            return
        total = sum(entry.instances or 0 for entry in self.demand)
        most = f"at most {total}, the instances asked for"
        for position, rule in enumerate(self.spread):
            if rule.across == "application" and (rule.min_domains or 0) > total:
                yield Finding(str(rule.min_domains), most, ("spread", position, "minDomains"))
        for position, loss in enumerate(self.survives):
            if loss.across == "application" and isinstance(loss.keep, int) and loss.keep >= total + bool(loss.standby):
                least = most if loss.standby else f"less than {total}, the instances asked for"
                yield Finding(str(loss.keep), least, ("survives", position, "keep"))
        if self.partial is not None and self.partial.minimum > total:
            yield Finding(str(self.partial.minimum), most, ("partial", "minimum"))

    def _about_standby(self) -> Iterator[Finding]:
        """Restarts go wherever there is room: rules that would follow them there are not meant."""
        for position, loss in enumerate(self.survives):
            if loss.standby and self.master is not None:
                expected = "no standby for a child, which is placed where its master is"
                yield Finding("standby beside master", expected, ("survives", position, "standby"))
            if loss.standby and (self.gpu_share or self.resources.get("gpu")):
                expected = "no standby for what runs on GPUs: devices are not set aside"
                yield Finding("standby beside GPUs", expected, ("survives", position, "standby"))
            if loss.standby and self.together:
                expected = "only one of them: restarts are not kept together"
                yield Finding("standby beside together", expected, ("survives", position, "standby"))


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
        """The id behind `name` (in this application's namespace) or `namespace/name`."""
        namespace, _, name = reference.rpartition("/")
        return qualified(name, namespace or self.metadata.namespace)


def qualified(name: str, namespace: str) -> str:
    return name if namespace == "default" else f"{namespace}/{name}"
