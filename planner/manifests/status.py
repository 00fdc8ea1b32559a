"""Status: what the dispatcher writes under an object, for `kubectl get` and `kubectl describe`."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from planner.manifests.manifest import Manifest

Instances = Annotated[int, Field(ge=0)]
Moment = Annotated[str, Field(json_schema_extra={"format": "date-time"})]


class Condition(Manifest):
    """As Kubernetes has it (metav1.Condition)."""

    type: str
    status: Literal["True", "False", "Unknown"]
    reason: str
    message: str = ""
    last_transition_time: Moment
    observed_generation: int | None = None


class SiteCount(Manifest):
    """Instances in one site: planned, made as pods or VMs, bound to the servers that the plan names, and ready."""

    site: str
    cluster: str
    planned: Instances
    made: Instances = 0
    bound: Instances = 0
    ready: Instances = 0


class Status(Manifest):
    observed_generation: int | None = None
    phase: str | None = Field(None, description="The reason of the condition that matters most now.")
    conditions: list[Condition] = Field([], json_schema_extra={"x-kubernetes-list-map-keys": ["type"]})


class ApplicationStatus(Status):
    plan: str | None = Field(None, description="Name of the plan that was booked last.")
    wanted: Instances | None = None
    planned: Instances | None = None
    bound: Instances | None = None
    ready: Instances | None = None
    site_count: Instances | None = None
    sites: list[SiteCount] = Field([], json_schema_extra={"x-kubernetes-list-map-keys": ["site"]})


class ReservationStatus(Status):
    booking: str | None = Field(None, description="Id of the reservation in the books.")
    degraded: bool | None = None


class SiteStatus(Status):
    cluster: str | None = None
    servers: Instances | None = None
    online: Instances | None = None
