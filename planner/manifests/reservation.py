"""Reservation: capacity that a tenant is promised, with no workload yet, from a start to an end."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, Self

from pydantic import Field, model_validator

from planner.manifests.application import Application
from planner.manifests.demand import Where
from planner.manifests.errors import Finding, wrong
from planner.manifests.instants import FOREVER, Instant
from planner.manifests.manifest import Manifest
from planner.manifests.metadata import Metadata
from planner.manifests.quantities import Resources

Match = Literal["open", "targeted"]


class ReservationSpec(Manifest):
    """Either `applications`, whose instances are placed by their rules and float until they are used, or bulk
    `amounts` on the servers of a place."""

    match: Match = Field(
        "open", description="open: used by any application of the tenant that fits it; targeted: by those that name it."
    )
    start: Instant | None = Field(None, description="Now, when left out.")
    end: Instant | None = Field(None, description="Without one it is unlimited.")
    where: Where = Field({}, description="Where bulk amounts are wanted; `site` names sites.")
    amounts: Resources | None = None
    applications: list[Application] | None = None

    @property
    def ends(self) -> int:
        return FOREVER if self.end is None else self.end

    @model_validator(mode="after")
    def _agrees(self) -> Self:
        if findings := list(self._findings()):
            raise wrong(*findings)
        return self

    def _findings(self) -> Iterator[Finding]:
        if (self.amounts is None) == (self.applications is None):
            found = "neither amounts nor applications" if self.amounts is None else "amounts beside applications"
            yield Finding(found, "exactly one of amounts, applications")
        if self.amounts is not None and not any(self.amounts.values()):
            yield Finding("no amount above zero", "what is to be kept free, such as cpu: 8000", ("amounts",))
        if self.applications is not None and not self.applications:
            yield Finding("an empty list", "the applications to keep room for", ("applications",))
        if self.applications and self.where:
            yield Finding("where beside applications", "the place in their demand", ("where",))
        if self.start is not None and self.ends <= self.start:
            yield Finding("an end that is not after the start", "one after it", ("end",))


class Reservation(Manifest):
    api_version: Literal["bayplan.io/v1alpha1"] = "bayplan.io/v1alpha1"
    kind: Literal["Reservation"] = "Reservation"
    metadata: Metadata
    spec: ReservationSpec

    @property
    def tenant(self) -> str:
        return self.metadata.namespace

    @model_validator(mode="after")
    def _of_one_tenant(self) -> Self:
        found = [
            Finding(each.metadata.namespace, self.tenant, ("spec", "applications", row, "metadata", "namespace"))
            for row, each in enumerate(self.spec.applications or ())
            if each.metadata.namespace != self.tenant
        ]
        if found:
            raise wrong(*found)
        return self
