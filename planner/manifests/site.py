"""Site: where a machine room is, what it offers, which cluster manages it, and what its classes are called there."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from planner.manifests.demand import Degrees, Values
from planner.manifests.errors import Finding, wrong
from planner.manifests.manifest import Manifest
from planner.manifests.metadata import Name

State = Literal["online", "draining", "offline", "retired"]
ClassName = Annotated[str, Field(min_length=1, max_length=253)]


class StorageClasses(Manifest):
    """StorageClass of the cluster for each kind of disk; without one it is the cluster's default."""

    local: ClassName | None = None
    cloud: ClassName | None = None


class Classes(Manifest):
    """What a package names in the cluster of this site."""

    runtime: ClassName = Field("kata", description="RuntimeClass of secure containers.")
    ingress: ClassName | None = Field(None, description="IngressClass; the cluster's default without it.")
    storage: StorageClasses = StorageClasses()


class SiteSpec(Manifest):
    region: str = ""
    province: str = ""
    city: str = ""
    carrier: Values | None = Field(None, description="One carrier, or several.")
    latitude: Degrees | None = Field(None, ge=-90, le=90)
    longitude: Degrees | None = Field(None, ge=-180, le=180)
    capabilities: list[str] = Field([], description="What every server here offers, such as lb.l7 or disk.local.")
    labels: dict[str, str] = Field({}, description="Attributes of your own, for `where`.")
    state: State = Field("online", description="draining: nothing new comes; offline: frozen; retired: empty.")
    cluster: Name | None = Field(None, description="Cluster that manages it: the name of its kubeconfig Secret.")
    classes: Classes = Classes()

    @model_validator(mode="after")
    def _agrees(self) -> Self:
        if (self.latitude is None) != (self.longitude is None):
            raise wrong(Finding("latitude or longitude alone", "both, or none"))
        return self


class SiteMetadata(Manifest):
    name: Name
    labels: dict[str, str] = Field({})
    annotations: dict[str, str] = Field({})


class Site(Manifest):
    api_version: Literal["bayplan.io/v1alpha1"] = "bayplan.io/v1alpha1"
    kind: Literal["Site"] = "Site"
    metadata: SiteMetadata
    spec: SiteSpec = SiteSpec()
