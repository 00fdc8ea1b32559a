"""What the documentation shows: examples and deployment manifests, on a real API server."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
import yaml

from planner.manifests.crds import crds
from tests.kubernetes.control_plane import ControlPlane
from tests.kubernetes.processes import eventually
from tests.kubernetes.stage import Stage

ROOT = Path(__file__).parents[2]
KUSTOMIZE = ROOT / "deploy" / "kustomize"
LABELS = {
    "bayplan.io/province": "Guangdong",
    "bayplan.io/carrier": "telecom",
    "bayplan.io/capability.lb.l7": "true",
    "bayplan.io/capability.disk.local": "true",
}


def test_the_examples_stand_exactly_as_planned_and_go(stage: Stage) -> None:
    """1,000 containers, VMs with disks, a master with two children, and one that is impossible."""
    files = sorted((ROOT / "examples" / "kubernetes").glob("[1-9]*.yaml"))
    examples = "\n---\n".join(each.read_text() for each in files).replace("acme", stage.namespace)
    kata = {"apiVersion": "node.k8s.io/v1", "kind": "RuntimeClass", "metadata": {"name": "kata"}, "handler": "kata"}
    stage.plane.apply(kata)
    for _ in range(3):
        stage.nodes(stage.site(), 6, cpu=64, **LABELS)
    stage.plane.kubectl("apply", "-f", "-", input=examples)
    stage.settled("render", 1000)
    stage.settled("database", 4)
    stage.settled("function", 20)
    sites = {server.rpartition("-")[0] for server in stage.booked("function")}
    assert {server.rpartition("-")[0] for server in stage.booked("log")} == sites
    stage.settled("monitor", len(sites))
    disks = 4 + stage.booked("log").total()
    for kind, count in (("VirtualMachine", 4), ("PersistentVolumeClaim", disks), ("Ingress", len(sites))):
        assert len(stage.items(kind)) == count, kind
    pinned = Counter(
        each["spec"]["template"]["metadata"]["annotations"]["bayplan.io/server"]
        for each in stage.items("VirtualMachine")
    )
    assert pinned == stage.bound("database")
    eventually(lambda: stage.status("render").get("ready") == 1000, "kubectl says so")
    shown = stage.plane.kubectl("get", "applications", "-n", stage.namespace)
    rows = {line.split()[0]: line.split() for line in shown.splitlines()[1:]}
    assert rows["render"][1:7] == ["container", "1000", "1000", "1000", "1000", rows["render"][6]]
    assert rows["render"][7] == "Ready"
    told = stage.plane.kubectl("describe", "application", "giant", "-n", stage.namespace)
    for part in ("cannot all be true", "with each of these it fits", "instances instead of 2,000", "CapacityExceeds"):
        assert part in told
    stage.plane.kubectl("delete", "-f", "-", "--timeout=90s", input=examples)
    assert not stage.pods()
    assert not stage.books.deliveries().applications


@pytest.mark.parametrize("overlay", ["embedded", "postgresql", "dispatcher", "site"])
def test_overlays_render_and_the_api_server_takes_them(cluster: ControlPlane, overlay: str) -> None:
    made = cluster.kubectl("kustomize", str(KUSTOMIZE / overlay))
    with cluster.namespace() as namespace:
        objects = [each for each in yaml.safe_load_all(made) if each["kind"] != "Namespace"]
        for each in objects:
            if "namespace" in each["metadata"]:
                each["metadata"]["namespace"] = namespace
        text = yaml.safe_dump_all(objects)
        said = cluster.kubectl("apply", "--server-side", "--force-conflicts", "--dry-run=server", "-f", "-", input=text)
    assert said.count("serverside-applied") == len(objects)


def test_containers_are_closed() -> None:
    """Non-root, read-only, no more rights than none; the same file says so for all of them."""
    for path in ("base/service.yaml", "dispatcher/dispatcher.yaml"):
        for each in yaml.safe_load_all((KUSTOMIZE / path).read_text()):
            if each["kind"] != "Deployment":
                continue
            pod = each["spec"]["template"]["spec"]
            assert pod["securityContext"]["runAsNonRoot"] is True
            for container in (*pod.get("initContainers", ()), *pod["containers"]):
                closed = container["securityContext"]
                assert closed["readOnlyRootFilesystem"] is True
                assert closed["allowPrivilegeEscalation"] is False
                assert closed["capabilities"] == {"drop": ["ALL"]}


def test_the_custom_resources_are_those_of_the_command() -> None:
    kept = list(yaml.safe_load_all((KUSTOMIZE / "dispatcher" / "crds.yaml").read_text()))
    assert kept == crds(), "run: bayplan crds > deploy/kustomize/dispatcher/crds.yaml"
