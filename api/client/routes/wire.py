"""Values as they go over the wire."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from planner.manifests.application import Application
from planner.manifests.manifest import Manifest

Written = Manifest | Mapping[str, Any]
"""A manifest, as a model or as YAML and JSON have it."""
Applications = Sequence[Application | Mapping[str, Any]]


def written(manifest: Written) -> Any:
    if isinstance(manifest, Manifest):
        return manifest.model_dump(mode="json", by_alias=True, exclude_unset=True)
    return dict(manifest)


def asked(applications: Applications, options: Written | None) -> dict[str, Any]:
    """The body that solve, explain and hold have in common."""
    body: dict[str, Any] = {"applications": [written(each) for each in applications]}
    return body if options is None else {**body, "options": written(options)}


def segment(name: str) -> str:
    """One part of a path."""
    return quote(name, safe="")


def identity(application: str) -> str:
    """`acme/render`, or `render` of the namespace `default`, as two parts of a path."""
    tenant, slash, name = application.rpartition("/")
    return f"{segment(tenant if slash else 'default')}/{segment(name)}"
