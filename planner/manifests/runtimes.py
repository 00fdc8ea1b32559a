"""What an instance costs a server beyond its own resources, by runtime."""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator

from planner.manifests.errors import Finding, wrong
from planner.manifests.manifest import Manifest
from planner.manifests.quantities import Resources


class Runtime(Manifest):
    overhead: Resources = Field({}, description="What every instance takes in addition.")

    @model_validator(mode="after")
    def _no_devices(self) -> Self:
        if self.overhead.get("gpu"):
            raise wrong(Finding("GPUs", "none: devices belong to applications", ("overhead", "gpu")))
        return self


class Runtimes(Manifest):
    """`runtimes.yaml` of a world; without it nothing is added."""

    vm: Runtime = Runtime()
    container: Runtime = Runtime()
