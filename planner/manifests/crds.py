"""CRDs: the manifests as custom resources, so that one file is for `kubectl apply` and for `bayplan solve`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from planner.manifests.application import ApplicationSpec
from planner.manifests.manifest import Manifest
from planner.manifests.reservation import ReservationSpec
from planner.manifests.site import SiteSpec
from planner.manifests.status import ApplicationStatus, ReservationStatus, SiteStatus, Status
from planner.manifests.structural import structural

GROUP, VERSION = "bayplan.io", "v1alpha1"
Column = tuple[str, str, str]
"""Name, type and JSON path of what `kubectl get` prints."""
AGE: Column = ("Age", "date", ".metadata.creationTimestamp")
STATE: Column = ("State", "string", ".status.phase")


@dataclass(frozen=True, slots=True)
class Kind:
    name: str
    scope: str
    short: str
    spec: type[Manifest]
    status: type[Status]
    columns: tuple[Column, ...]

    @property
    def plural(self) -> str:
        return f"{self.name.lower()}s"


KINDS = (
    Kind("Application", "Namespaced", "bpa", ApplicationSpec, ApplicationStatus, (
        ("Runtime", "string", ".spec.runtime"),
        ("Wanted", "integer", ".status.wanted"),
        ("Planned", "integer", ".status.planned"),
        ("Bound", "integer", ".status.bound"),
        ("Ready", "integer", ".status.ready"),
        ("Sites", "integer", ".status.siteCount"),
        STATE,
        ("Plan", "string", ".status.plan"),
        AGE,
    )),
    Kind("Reservation", "Namespaced", "bpr", ReservationSpec, ReservationStatus, (
        STATE, ("Degraded", "boolean", ".status.degraded"), ("Start", "string", ".spec.start"),
        ("End", "string", ".spec.end"), AGE,
    )),
    Kind("Site", "Cluster", "bps", SiteSpec, SiteStatus, (
        ("City", "string", ".spec.city"), ("Cluster", "string", ".status.cluster"),
        ("Servers", "integer", ".status.servers"), ("Online", "integer", ".status.online"), STATE, AGE,
    )),
)  # fmt: skip


def crds() -> list[dict[str, Any]]:
    """One CustomResourceDefinition a kind."""
    return [_crd(kind) for kind in KINDS]


def _crd(kind: Kind) -> dict[str, Any]:
    names = {"kind": kind.name, "listKind": f"{kind.name}List", "plural": kind.plural, "singular": kind.name.lower()}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{kind.plural}.{GROUP}"},
        "spec": {
            "group": GROUP,
            "scope": kind.scope,
            "names": {**names, "shortNames": [kind.short], "categories": ["bayplan"]},
            "versions": [_version(kind)],
        },
    }


def _version(kind: Kind) -> dict[str, Any]:
    spec, status = structural(kind.spec), structural(kind.status)
    return {
        "name": VERSION,
        "served": True,
        "storage": True,
        "subresources": {"status": {}},
        "additionalPrinterColumns": [
            {"name": name, "type": type_, "jsonPath": path} for name, type_, path in kind.columns
        ],
        "schema": {
            "openAPIV3Schema": {
                "type": "object",
                "required": ["spec"],
                "properties": {
                    "apiVersion": {"type": "string"},
                    "kind": {"type": "string"},
                    "metadata": {"type": "object"},
                    "spec": spec,
                    "status": status,
                },
            }
        },
    }
