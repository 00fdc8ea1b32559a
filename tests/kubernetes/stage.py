"""The stage: the Bayplan service on books of its own, and dispatchers, all of them real processes, for one cluster."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from api.client import Client
from tests.kubernetes.checker import Checker
from tests.kubernetes.control_plane import ControlPlane
from tests.kubernetes.kubelets import Kubelets
from tests.kubernetes.processes import OUTAGE, Process, eventually
from tests.kubernetes.rights import Rights


class Stage(Checker, Rights):
    """name: of the cluster, as a part of names on the stage, so that stages in one cluster do not meet."""

    def __init__(self, plane: ControlPlane, folder: Path, namespace: str, url: str, service: Process) -> None:
        Checker.__init__(self, plane, namespace, Client(url))
        Rights.__init__(self, plane, namespace, folder)
        self.url, self.service = url, service
        self.dispatchers: list[Process] = []
        self.kubelets = Kubelets(plane)
        self.sites = 0

    def dispatcher(self, **environment: str) -> Process:
        """Started."""
        usual = {
            "BAYPLAN_URL": self.url,
            "BAYPLAN_NAMESPACE": self.namespace,
            "KUBECONFIG": str(self.account("bayplan-dispatcher", "dispatcher")),
            "BAYPLAN_LEASE": "5",
            "BAYPLAN_LOOK": "1",
            "BAYPLAN_RETRY": "3",
            "BAYPLAN_NODE_GRACE": "2",
            "POD_NAME": f"dispatcher-{len(self.dispatchers)}",
        }
        made = Process(f"dispatcher-{len(self.dispatchers)}", self.folder, "dispatcher", **{**usual, **environment})
        self.dispatchers.append(made)
        made.start()
        return made

    def cluster(self, name: str, plane: ControlPlane | None = None) -> None:
        """The Secret by which the dispatcher knows it."""
        content = (plane.kubeconfig if plane else self.account("bayplan-site", "site")).read_text()
        secret = {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {
                "name": f"cluster-{name}",
                "namespace": self.namespace,
                "labels": {"bayplan.io/cluster": name},
            },
            "stringData": {"kubeconfig": content},
        }
        self.plane.apply(secret)

    def application(self, name: str, **spec: Any) -> dict[str, Any]:
        """Applied; containers of one core, unless it says otherwise."""
        usual = {"runtime": "container", "resources": {"cpu": 1, "memory": "1Gi"}, "image": "registry.example/app:1"}
        made = {
            "apiVersion": "bayplan.io/v1alpha1",
            "kind": "Application",
            "metadata": {"name": name, "namespace": self.namespace},
            "spec": {**usual, **spec},
        }
        self.plane.apply(made)
        return made

    def placed(self, name: str, instances: int, servers: int = 2) -> str:
        """An application that stands; its site."""
        site = self.site()
        self.nodes(site, servers)
        self.application(name, demand=[{"where": {"site": site}, "instances": instances}])
        self.settled(name, instances)
        return site

    def site(self) -> str:
        """A name that no other test has."""
        self.sites += 1
        return f"{self.namespace}-s{self.sites}"

    def cleared(self) -> None:
        """Whatever a test did, nothing of it is left."""
        for each in self.dispatchers:
            if each.process is None:
                each.start()
        self.kubelets.idle.clear()
        self.cluster("one")
        self.plane.kubectl("delete", "applications", "--all", "-n", self.namespace, "--timeout=60s")
        eventually(lambda: not self.pods(), "no pod is left", 30)
        assert not self.books.deliveries().applications, "the books have something left"

    def outage(self) -> None:
        """So long nobody answers."""
        time.sleep(OUTAGE)

    def service_again(self) -> None:
        """On the same port and books."""
        args = list(self.service.args)
        args[args.index("--port") + 1] = self.url.rpartition(":")[2]
        self.service.args = tuple(args)
        self.service.start()
        eventually(lambda: self.url in self.service.said().splitlines()[-1], "the service is back")

    def nodes(self, site: str, count: int, cpu: int = 10, **labels: str) -> list[str]:
        """Machines without kubelets: they have room and say that they are ready. Their names."""
        names = [f"{site}-{row}" for row in range(count)]
        self.plane.apply(*(node_of(name, site, cpu, labels) for name in names))
        for name in names:
            self.node_status(name, cpu)
        return names

    def node_status(self, name: str, cpu: int = 10, ready: bool = True) -> None:
        room = {"cpu": str(cpu), "memory": f"{8 * cpu}Gi", "ephemeral-storage": "500Gi", "pods": "200"}
        condition = {
            "type": "Ready",
            "status": "True" if ready else "Unknown",
            "reason": "Test",
            "message": "",
            "lastHeartbeatTime": "2026-01-01T00:00:00Z",
            "lastTransitionTime": "2026-01-01T00:00:00Z",
        }
        status = {"status": {"allocatable": room, "capacity": room, "conditions": [condition]}}
        self.plane.api.patch("Node", None, name, status, "status")

    def report(self) -> str:
        """What everybody said, for a test that failed."""
        return "\n".join(f"--- {each.name}\n{each.said()[-6000:]}" for each in [self.service, *self.dispatchers])


def node_of(name: str, site: str, cpu: int, labels: Mapping[str, str]) -> dict[str, Any]:
    known = {"kubernetes.io/hostname": name, "bayplan.io/site": site, **labels}
    return {"apiVersion": "v1", "kind": "Node", "metadata": {"name": name, "labels": known}}
