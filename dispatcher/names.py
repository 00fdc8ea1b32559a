"""Names: what the dispatcher calls its objects, and the labels by which it knows them again."""

from __future__ import annotations

import re
from collections.abc import Mapping
from hashlib import blake2b
from typing import Any

GROUP, VERSION = "bayplan.io", "v1alpha1"
MANAGER = "bayplan-dispatcher"
"""Field manager of server-side apply, and who events are from."""
SCHEDULER = "bayplan"
"""`schedulerName` of the pods that are bound here: kube-scheduler leaves them alone."""

MANAGED = {"app.kubernetes.io/managed-by": "bayplan"}
APPLICATION, SITE, SERVER = f"{GROUP}/application", f"{GROUP}/site", f"{GROUP}/server"
DIGEST = f"{GROUP}/digest"
"""Annotation: of the specification that an object, or a booking, was made from."""
OWNER = f"{GROUP}/owner"
"""Annotation: the uid of the Application in the meta cluster."""
CLUSTER = f"{GROUP}/cluster"
"""Label of the Secrets that hold kubeconfigs."""
SELECTOR = ",".join(f"{key}={value}" for key, value in MANAGED.items())

_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")
LONGEST = 48
"""Characters of the name of a package: what Kubernetes adds to it for pods still fits into 63."""


def digest(*parts: str, size: int = 4) -> str:
    """Hexadecimal, two characters a byte."""
    return blake2b("\0".join(parts).encode(), digest_size=size).hexdigest()


def package_name(application: str, site: str) -> str:
    """Of an application's objects in a site: `render--gz-telecom`, or shortened with a digest where that is no DNS
    label, is too long, or could mean another pair too."""
    plain = f"{application}--{site}"
    if _LABEL.fullmatch(plain) and len(plain) <= LONGEST and plain.count("--") == 1 and "---" not in plain:
        return plain
    head = re.sub(r"[^a-z0-9]+", "-", plain)[: LONGEST - 9].strip("-")
    return f"{head}-{digest(application, site)}"


def label(value: str) -> str:
    """A value of a label: as it is where it can be one, else shortened with a digest."""
    return (
        value
        if len(value) <= 63 and re.fullmatch(r"[A-Za-z0-9]([-\w.]*[A-Za-z0-9])?", value)
        else digest(value, size=12)
    )


def labels(name: str, site: str) -> dict[str, str]:
    """Of every object of a package."""
    return {**MANAGED, APPLICATION: label(name), SITE: label(site)}


def notes(application: str, site: str) -> dict[str, str]:
    """Annotations of every object of a package and of its pods: what its labels say, in full."""
    return {APPLICATION: application, SITE: site}


def owner(content: Mapping[str, Any]) -> tuple[str, str]:
    """(application, site) that an object is for; empty for one that is not ours."""
    said = content["metadata"].get("annotations") or {}
    return said.get(APPLICATION, ""), said.get(SITE, "")


def identity(metadata: Mapping[str, Any]) -> str:
    """`namespace/name`, as the books call an application; the default namespace is not written."""
    namespace = metadata.get("namespace") or "default"
    return metadata["name"] if namespace == "default" else f"{namespace}/{metadata['name']}"


def parted(application: str) -> tuple[str, str]:
    """(namespace, name) of an id."""
    namespace, slash, name = application.rpartition("/")
    return (namespace, name) if slash else ("default", name)
