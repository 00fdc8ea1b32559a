"""What an instance costs a server beyond its own resources, by runtime."""

from __future__ import annotations

from pydantic import Field

from planner.manifests.application import Manifest
from planner.manifests.quantities import Resources


class Runtime(Manifest):
    overhead: Resources = Field({}, description="What every instance takes in addition.")


class Runtimes(Manifest):
    """`runtimes.yaml` of a world; without it nothing is added."""

    vm: Runtime = Runtime()
    container: Runtime = Runtime()
