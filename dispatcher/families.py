"""Families: a master, its children and theirs. They are planned together, and delivered together."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from dispatcher.names import DIGEST, digest, identity

Manifest = Mapping[str, Any]
DELIVERY = ("image", "command", "args", "env", "secure", "expose", "storage")
"""Fields of a specification whose change needs no new plan: the API's models say the same."""


def master(manifest: Manifest) -> str | None:
    """The id of its master."""
    named = (manifest["spec"].get("master") or {}).get("application")
    if not named:
        return None
    namespace, slash, name = str(named).rpartition("/")
    own = manifest["metadata"].get("namespace") or "default"
    return identity({"name": name, "namespace": namespace if slash else own})


def root(application: str, known: Mapping[str, Manifest]) -> str:
    """The head of its family: the last known master, or one that is not known yet."""
    seen = {application}
    while application in known and (above := master(known[application])) is not None and above not in seen:
        seen.add(above)
        application = above
    return application


def families(known: Mapping[str, Manifest]) -> dict[str, list[str]]:
    """All that are known, by the heads of their families; masters before their children."""
    found: dict[str, list[str]] = {}
    for name in sorted(known, key=lambda name: (_depth(name, known), name)):
        found.setdefault(root(name, known), []).append(name)
    return found


def _depth(application: str, known: Mapping[str, Manifest]) -> int:
    depth, seen = 0, {application}
    while application in known and (above := master(known[application])) is not None and above not in seen:
        seen.add(above)
        application, depth = above, depth + 1
    return depth


def planned_spec(manifest: Manifest) -> dict[str, Any]:
    """What the plan depends on."""
    return {key: value for key, value in manifest["spec"].items() if key not in DELIVERY}


def spec_digest(manifest: Manifest) -> str:
    """Of what the plan depends on, labels included, as rules may speak of them."""
    content = [planned_spec(manifest), manifest["metadata"].get("labels") or {}]
    return digest(json.dumps(content, sort_keys=True, default=str), size=8)


def whole_digest(manifest: Manifest) -> str:
    """Of everything that is delivered."""
    content = [dict(manifest["spec"]), manifest["metadata"].get("labels") or {}]
    return digest(json.dumps(content, sort_keys=True, default=str), size=8)


def asked(manifest: Manifest) -> dict[str, Any]:
    """The manifest as Bayplan takes it; it keeps the digest, by which it is known again."""
    metadata = manifest["metadata"]
    return {
        "apiVersion": "bayplan.io/v1alpha1",
        "kind": "Application",
        "metadata": {
            "name": metadata["name"],
            "namespace": metadata.get("namespace") or "default",
            "labels": dict(metadata.get("labels") or {}),
            "annotations": {DIGEST: spec_digest(manifest)},
        },
        "spec": dict(manifest["spec"]),
    }


def wanted(manifests: Iterable[Manifest]) -> int | None:
    """Instances asked for; None where that follows from elsewhere (a child, or so many per site)."""
    total = 0
    for manifest in manifests:
        for entry in manifest["spec"].get("demand") or ():
            if entry.get("instances") is None:
                return None
            total += int(entry["instances"])
    return total or None
