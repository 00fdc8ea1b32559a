"""Application manifests as a client sends them."""

from __future__ import annotations

from typing import Any


def manifest(
    name: str = "web", *, instances: int = 1, where: dict[str, Any] | None = None, **spec: Any
) -> dict[str, Any]:
    """A container of 2 cores and 4 GiB, unless `spec` says otherwise."""
    asked = {"demand": [{"where": where or {}, "instances": instances}]} if "master" not in spec else {}
    defaults = {"runtime": "container", "resources": {"cpu": "2", "memory": "4Gi"}}
    return {"metadata": {"name": name, "namespace": "tests"}, "spec": {**defaults, **asked, **spec}}
