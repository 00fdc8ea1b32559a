"""Delivery: what a site gets to run an application; where its instances go does not depend on it."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, PlainSerializer, WithJsonSchema, model_validator

from planner.manifests.errors import Finding, wrong
from planner.manifests.manifest import Manifest
from planner.manifests.quantities import quantity, written

Port = Annotated[int, Field(strict=True, ge=1, le=65_535)]
Text = Annotated[str, Field(min_length=1, max_length=1024)]
Size = Annotated[
    int,
    BeforeValidator(lambda value: quantity("disk", value)),
    PlainSerializer(lambda amount: written("disk", amount)),
    WithJsonSchema({"type": "string", "description": "Such as 20Gi.", "examples": ["20Gi"]}),
]
HOST = r"^(\*\.)?[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$"


class Expose(Manifest):
    """How instances are reached: a Service in each site, and an Ingress for `host` where the site offers `lb.l7`."""

    port: Port
    target_port: Port | None = Field(None, description="Of the instances, when it is another one.")
    protocol: Literal["TCP", "UDP"] = "TCP"
    host: Annotated[str, Field(max_length=253, pattern=HOST)] | None = Field(
        None, description="Name that users ask for, over HTTP."
    )

    @model_validator(mode="after")
    def _agrees(self) -> Self:
        if self.host is not None and self.protocol != "TCP":
            raise wrong(Finding(f"protocol {self.protocol} beside host", "TCP, which HTTP needs", ("protocol",)))
        return self


class Storage(Manifest):
    """A disk for each instance, local or in the cloud: by what its site offers (`disk.local` before `disk.cloud`)."""

    size: Size
    path: Annotated[str, Field(pattern=r"^/[^:]*$", max_length=1024)] = Field(
        "/data", description="Where containers see it; a VM has it as a second disk."
    )


class Delivery(Manifest):
    """The part of a specification that matters only where the application is delivered to Kubernetes."""

    image: Text | None = Field(None, description="Of the container, or the VM's disk as a container image.")
    command: list[str] = Field([], description="Instead of the entry point of the image.")
    args: list[str] = Field([], description="Arguments of the command.")
    env: dict[str, str] = Field({}, description="Environment of the container.")
    secure: bool = Field(False, description="Each container in a virtual machine of its own: the site's RuntimeClass.")
    expose: Expose | None = None
    storage: Storage | None = None


DELIVERY = frozenset(Delivery.model_fields)
"""Fields whose change calls for no new plan."""
