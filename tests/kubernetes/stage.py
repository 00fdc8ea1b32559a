"""The whole: a control plane, the Bayplan service on books of its own, and dispatchers, all of them real processes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from api.client import Client
from tests.databases import made
from tests.kubernetes.control_plane import ControlPlane
from tests.kubernetes.kubelets import Kubelets

ROOT = Path(__file__).parents[2]
SLOW = 60.0
"""Seconds after which something that should happen has not."""


def eventually(check: Callable[[], Any], what: str, within: float = SLOW) -> Any:
    """What `check` returns, once it is true. Raises AssertionError with what it said last."""
    end = time.monotonic() + within
    last: object = None
    while time.monotonic() < end:
        try:
            if last := check():
                return last
        except AssertionError as error:
            last = error
        time.sleep(0.1)
    raise AssertionError(f"not within {within:g} s: {what}; last: {last}")


class Process:
    """One of our programs, with what it prints in a file."""

    def __init__(self, name: str, folder: Path, *args: str, **environment: str) -> None:
        self.name, self.args, self.log = name, args, folder / f"{name}.log"
        self.environment = {**os.environ, "PYTHONPATH": str(ROOT), **environment}
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", *self.args], env=self.environment, stdout=log, stderr=log, start_new_session=True
            )

    def kill(self) -> None:
        """At once, with all that it has started."""
        if self.process is not None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            self.process = None

    def said(self) -> str:
        return self.log.read_text(errors="replace") if self.log.exists() else ""


class Stage:
    """name: of the cluster, as a part of names on the stage, so that stages in one cluster do not meet."""

    def __init__(self, plane: ControlPlane, folder: Path, namespace: str, url: str, service: Process) -> None:
        self.plane, self.folder, self.namespace, self.url, self.service = plane, folder, namespace, url, service
        self.books = Client(url)
        self.dispatchers: list[Process] = []
        self.sites = 0

    def dispatcher(self, **environment: str) -> Process:
        """Started."""
        usual = {
            "BAYPLAN_URL": self.url,
            "BAYPLAN_NAMESPACE": self.namespace,
            "KUBECONFIG": str(self.plane.kubeconfig),
            "BAYPLAN_LEASE": "3",
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
        content = (plane or self.plane).kubeconfig.read_text()
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

    def status(self, name: str) -> dict[str, Any]:
        got = self.plane.get("applications.bayplan.io", name, "-n", self.namespace)
        status: dict[str, Any] = got.get("status") or {}
        return status

    def condition(self, name: str, kind: str) -> dict[str, Any]:
        rows = [each for each in self.status(name).get("conditions", ()) if each["type"] == kind]
        return rows[0] if rows else {}

    def site(self) -> str:
        """A name that no other test has."""
        self.sites += 1
        return f"{self.namespace}-s{self.sites}"

    def pods(self, name: str = "") -> list[dict[str, Any]]:
        selector = ["-l", f"bayplan.io/application={name}"] if name else ["-l", "bayplan.io/application"]
        items: list[dict[str, Any]] = self.plane.get("pods", "-n", self.namespace, *selector)["items"]
        return items

    def bound(self, name: str) -> Counter[str]:
        """Pods by node."""
        return Counter(
            each["spec"]["nodeName"]
            for each in self.pods(name)
            if each["spec"].get("nodeName") and "deletionTimestamp" not in each["metadata"]
        )

    def booked(self, name: str) -> Counter[str]:
        """Instances by server, as the books have them."""
        found: Counter[str] = Counter()
        for row in self.books.deliveries().applications:
            if row.application == f"{self.namespace}/{name}":
                for servers in row.sites.values():
                    found.update(servers)
        return found

    def agree(self, name: str) -> bool:
        """Cluster and books say the same of an application, and no pod is left over. Raises AssertionError."""
        booked, bound = self.booked(name), self.bound(name)
        assert bound == booked, f"{name}: bound {dict(bound)}, booked {dict(booked)}"
        assert len(self.pods(name)) == booked.total(), f"{name}: {len(self.pods(name))} pods, {booked.total()} booked"
        return True

    def settled(self, name: str, instances: int | None = None, within: float = SLOW) -> None:
        """All of it stands where the books say, and so many are wanted."""

        def check() -> bool:
            if instances is not None:
                assert self.booked(name).total() == instances, f"booked {self.booked(name).total()}"
            return self.agree(name)

        eventually(check, f"{name} in agreement", within)

    def nodes(self, site: str, count: int, cpu: int = 10, **labels: str) -> list[str]:
        """Machines without kubelets: they have room and say that they are ready. Their names."""
        names = [f"{site}-{row}" for row in range(count)]
        self.plane.apply(*(node_of(name, site, cpu, labels) for name in names))
        for name in names:
            self.node_status(name, cpu)
        return names

    def node_status(self, name: str, cpu: int = 10, ready: bool = True) -> None:
        room = {"cpu": str(cpu), "memory": "64Gi", "ephemeral-storage": "500Gi", "pods": "200"}
        condition = {
            "type": "Ready",
            "status": "True" if ready else "Unknown",
            "reason": "Test",
            "message": "",
            "lastHeartbeatTime": "2026-01-01T00:00:00Z",
            "lastTransitionTime": "2026-01-01T00:00:00Z",
        }
        status = {"status": {"allocatable": room, "capacity": room, "conditions": [condition]}}
        args = ("patch", "node", name, "--subresource=status", "--type=merge", "-p", json.dumps(status))
        self.plane.kubectl(*args)

    def report(self) -> str:
        """What everybody said, for a test that failed."""
        return "\n".join(f"--- {each.name}\n{each.said()[-6000:]}" for each in [self.service, *self.dispatchers])


def node_of(name: str, site: str, cpu: int, labels: Mapping[str, str]) -> dict[str, Any]:
    known = {"kubernetes.io/hostname": name, "bayplan.io/site": site, **labels}
    return {"apiVersion": "v1", "kind": "Node", "metadata": {"name": name, "labels": known}}


@contextmanager
def staged(plane: ControlPlane, folder: Path) -> Iterator[Stage]:
    """A service on empty books, and a namespace; everything is taken down at the end."""
    database = f"sqlite:///{folder}/books.db"
    made(database)
    service = Process("service", folder, "api.cli", *SERVE, "--database", database)
    with plane.namespace() as namespace:
        service.start()
        stage = Stage(plane, folder, namespace, eventually(lambda: _url(service), "the service listens"), service)
        kubelets = Kubelets(plane)
        kubelets.start()
        try:
            yield stage
        finally:
            for each in [*stage.dispatchers, service]:
                each.kill()
            kubelets.stop()
            stage.books.close()
            _cleaned(stage)


SERVE: Sequence[str] = ("serve", "--insecure", "--port", "0", "--json", "--workers", "1")


def _url(service: Process) -> str:
    for line in service.said().splitlines():
        if line.startswith("{"):
            url: str = json.loads(line)["url"]
            return url
    return ""


def _cleaned(stage: Stage) -> None:
    """Nobody is left who would take finalizers away."""
    for kind in ("applications.bayplan.io", "reservations.bayplan.io"):
        for item in stage.plane.get(kind, "-n", stage.namespace)["items"]:
            patch = '{"metadata": {"finalizers": null}}'
            name = item["metadata"]["name"]
            stage.plane.kubectl("patch", kind, name, "-n", stage.namespace, "--type=merge", "-p", patch, check=False)
