"""`bayplan crds`: the manifests as custom resources of Kubernetes."""

from __future__ import annotations

from typing import Any

from api.cli.terminal import examples, exits, machines
from api.cli.worlds import AsJson

EXAMPLES = examples(
    ("bayplan crds", "as YAML, for `kubectl apply --server-side -f -`"),
    ("bayplan crds --json", "a List, as JSON"),
)


def crds(as_json: AsJson = False) -> None:
    """Print the CustomResourceDefinitions of Application, Reservation and Site, made from the same models as files and
    HTTP bodies: one manifest is for all three."""
    with exits(as_json):
        from planner.manifests.crds import crds
        from planner.manifests.dialect import dumped

        made: list[dict[str, Any]] = crds()
        if as_json:
            machines({"apiVersion": "v1", "kind": "List", "items": made})
        else:
            print(dumped(made), end="")  # noqa: T201 - a document, not a table
