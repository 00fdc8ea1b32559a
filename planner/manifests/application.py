"""Application: what a tenant asks for. One model for the file, the API body and the Kubernetes object."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated, Literal, Self

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    model_validator,
)

from planner.manifests.delivery import Delivery
from planner.manifests.demand import Demand
from planner.manifests.errors import Finding, shown, wrong
from planner.manifests.instants import Duration, Instant
from planner.manifests.limits import Across, ApartFrom, Spread, Survives, Together
from planner.manifests.manifest import Manifest, exactly_one, one_or_more
from planner.manifests.metadata import Metadata
from planner.manifests.quantities import Count, DeviceShare, Resources
from planner.manifests.window import Window

_MODEL = r"^[\w.:/+-]{1,253}$"


def _model(value: str) -> str:
    if not re.fullmatch(_MODEL, value):
        raise wrong(Finding(shown(value), "a model of GPU, such as T4 or V100M16"))
    return value


GpuModel = Annotated[str, AfterValidator(_model), Field(json_schema_extra={"pattern": _MODEL})]


class Master(Manifest):
    """A child runs only in its master's sites: one instance per `ratio` master instances of the site,
    rounded up, or `perSite` instances in each."""

    application: str
    ratio: Count | None = None
    per_site: Count | None = None

    @model_validator(mode="after")
    def _exactly_one_amount(self) -> Self:
        exactly_one(ratio=self.ratio, perSite=self.per_site)
        return self


class Partial(Manifest):
    """Fewer instances than asked for are welcome, from `minimum` on."""

    minimum: Count = 1


class ApplicationSpec(Delivery):
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
    spread: list[Spread] = Field([])
    together: list[Together] = Field([])
    survives: Annotated[
        list[Survives], BeforeValidator(one_or_more, json_schema_input_type=list[Survives] | Survives)
    ] = Field([], description="One, or several.")
    apart_from: list[ApartFrom] = Field([])
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
