"""The whole: a control plane, the Bayplan service on books of its own, and dispatchers, all of them real processes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import yaml

from api.client import Client
from tests.databases import made
from tests.kubernetes.control_plane import ControlPlane
from tests.kubernetes.kubelets import Kubelets

ROOT = Path(__file__).parents[2]
OUTAGE = float(os.environ.get("BAYPLAN_TEST_OUTAGE", "12"))
"""Seconds that what is down is down; a minute (60) takes a minute."""
SLOW = float(os.environ.get("BAYPLAN_TEST_PATIENCE", "90"))
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
        self._wanted = threading.Event()

    def start(self) -> None:
        """It is started again when it ends by itself, as a kubelet would."""
        self._wanted.set()
        self._launch()
        threading.Thread(target=self._keep, args=(self.process,), daemon=True).start()

    def kill(self) -> None:
        """At once, with all that it has started."""
        self._wanted.clear()
        if self.process is not None:
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            self.process = None

    def _launch(self) -> None:
        command = [sys.executable, "-m", *self.args]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                command, env=self.environment, stdout=log, stderr=log, start_new_session=True
            )

    def _keep(self, process: subprocess.Popen[bytes]) -> None:
        while self._wanted.is_set() and self.process is process:
            if process.poll() is not None:
                self._launch()
                assert self.process is not None
                process = self.process
            time.sleep(0.2)

    def said(self) -> str:
        return self.log.read_text(errors="replace") if self.log.exists() else ""


class Stage:
    """name: of the cluster, as a part of names on the stage, so that stages in one cluster do not meet."""

    def __init__(self, plane: ControlPlane, folder: Path, namespace: str, url: str, service: Process) -> None:
        self.plane, self.folder, self.namespace, self.url, self.service = plane, folder, namespace, url, service
        self.books = Client(url)
        self.dispatchers: list[Process] = []
        self.kubelets = Kubelets(plane)
        self.sites = 0

    def dispatcher(self, **environment: str) -> Process:
        """Started."""
        usual = {
            "BAYPLAN_URL": self.url,
            "BAYPLAN_NAMESPACE": self.namespace,
            "KUBECONFIG": str(self._account("bayplan-dispatcher", "dispatcher")),
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
        content = (plane.kubeconfig if plane else self._account("bayplan-site", "site")).read_text()
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

    def _account(self, name: str, overlay: str) -> Path:
        """A kubeconfig with the rights that `deploy/` gives, and no others."""
        file = self.folder / f"{name}.yaml"
        if not file.exists():
            made = yaml.safe_load_all((ROOT / "deploy" / "kustomize" / overlay / "rbac.yaml").read_text())
            self.plane.apply(*(self._ours(each) for each in made))
            token = self.plane.kubectl("create", "token", name, "-n", self.namespace, "--duration=2h").strip()
            content = {**self.plane.content, "users": [{"name": "admin", "user": {"token": token}}]}
            file.write_text(yaml.safe_dump(content))
        return file

    def _ours(self, made: dict[str, Any]) -> dict[str, Any]:
        """In the namespace of the stage; what is in none has its name."""
        if made["kind"].startswith("Cluster"):
            made["metadata"]["name"] += f"-{self.namespace}"
        else:
            made["metadata"]["namespace"] = self.namespace
        if made["kind"] == "ClusterRoleBinding":
            made["roleRef"]["name"] += f"-{self.namespace}"
        for subject in made.get("subjects", ()):
            subject["namespace"] = self.namespace
        return made

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

    def applications(self) -> list[str]:
        got = self.plane.get("applications.bayplan.io", "-n", self.namespace)
        return [each["metadata"]["name"] for each in got["items"]]

    def checked(self) -> None:
        """The checker: what runs in the cluster is what the books have, of every application; nothing more anywhere."""
        names = self.applications()
        for name in names:
            self.settled(name)
        left = {each["metadata"]["labels"]["bayplan.io/application"] for each in self.pods()} - set(names)
        assert not left, f"pods of nobody: {left}"
        known = {row.application for row in self.books.deliveries().applications}
        assert known <= {f"{self.namespace}/{name}" for name in names}, f"booked for nobody: {known}"

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
        stage.kubelets.start()
        try:
            yield stage
        finally:
            for each in [*stage.dispatchers, service]:
                each.kill()
            stage.kubelets.stop()
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
    """Nobody is left who would take finalizers away; Nodes and roles are in no namespace."""
    for kind in ("clusterrole", "clusterrolebinding"):
        for name in ("bayplan-dispatcher", "bayplan-site"):
            stage.plane.kubectl("delete", kind, f"{name}-{stage.namespace}", "--ignore-not-found", check=False)
    nodes = [f"{stage.namespace}-s{row}" for row in range(1, stage.sites + 1)]
    if nodes:
        stage.plane.kubectl("delete", "nodes", "-l", f"bayplan.io/site in ({','.join(nodes)})", check=False)
    for kind in ("applications.bayplan.io", "reservations.bayplan.io"):
        for item in stage.plane.get(kind, "-n", stage.namespace)["items"]:
            patch = '{"metadata": {"finalizers": null}}'
            name = item["metadata"]["name"]
            stage.plane.kubectl("patch", kind, name, "-n", stage.namespace, "--type=merge", "-p", patch, check=False)
