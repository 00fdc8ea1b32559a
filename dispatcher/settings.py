"""Settings: from the environment, as a Deployment gives them (BAYPLAN_URL, BAYPLAN_KEY, ...)."""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from dispatcher.mapping import NodeLabels

URL, NAMESPACE = "http://127.0.0.1:8000", "bayplan"
NAMESPACE_FILE = Path("/var/run/secrets/kubernetes.io/serviceaccount/namespace")


@dataclass(frozen=True, slots=True)
class Settings:
    """url, key: of the Bayplan service. namespace: of the Lease and of the Secrets with kubeconfigs. kubeconfig: of the
    meta cluster, where this does not run inside of it. here: name of the meta cluster, where it has servers of its own.
    identity: of this replica. labels: how Nodes are read. grace: seconds after which a Node that was deleted is given
    up, and what ran there is planned anew. lease: seconds that a leader may be silent. look: seconds after which the
    books are read anyhow."""

    url: str = URL
    key: str | None = None
    namespace: str = NAMESPACE
    kubeconfig: str | None = None
    here: str = ""
    identity: str = "dispatcher"
    labels: NodeLabels = field(default_factory=NodeLabels)
    grace: float = 300.0
    lease: float = 15.0
    look: float = 15.0
    retry: float = 30.0

    @staticmethod
    def read(environment: Mapping[str, str] = os.environ) -> Settings:
        """Raises ValueError naming the variable that cannot be used."""
        labels = environment.get("BAYPLAN_NODE_LABELS")
        return Settings(
            url=environment.get("BAYPLAN_URL", URL),
            key=environment.get("BAYPLAN_KEY") or None,
            namespace=environment.get("BAYPLAN_NAMESPACE") or _namespace(),
            kubeconfig=environment.get("KUBECONFIG") or None,
            here=environment.get("BAYPLAN_CLUSTER_HERE", ""),
            identity=environment.get("POD_NAME") or f"{socket.gethostname()}-{os.getpid()}",
            labels=NodeLabels.read(yaml.safe_load(Path(labels).read_text()) or {}) if labels else NodeLabels(),
            grace=_seconds(environment, "BAYPLAN_NODE_GRACE", 300.0),
            lease=_seconds(environment, "BAYPLAN_LEASE", 15.0),
            look=_seconds(environment, "BAYPLAN_LOOK", 15.0),
            retry=_seconds(environment, "BAYPLAN_RETRY", 30.0),
        )


def _seconds(environment: Mapping[str, str], name: str, usual: float) -> float:
    text = environment.get(name, "")
    try:
        value = float(text) if text else usual
    except ValueError:
        value = -1
    if value <= 0:
        raise ValueError(f"{name}: found {text!r}, expected seconds, more than 0")
    return value


def _namespace() -> str:
    return NAMESPACE_FILE.read_text().strip() if NAMESPACE_FILE.exists() else NAMESPACE
