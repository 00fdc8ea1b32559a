"""What runs in clusters besides us, played for real API objects: kubelets, controllers of VMs and of volumes."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx

from dispatcher.binder import claims
from tests.kubernetes.control_plane import ControlPlane
from tests.kubernetes.requests import HEADERS, STRATEGIC, connection

Object = dict[str, Any]
CACHED = "resourceVersion=0"
"""From the API server's memory, which may be a moment behind."""
PODS = f"/api/v1/pods?labelSelector=bayplan.io/application&{CACHED}"
CLAIMS = f"/api/v1/persistentvolumeclaims?{CACHED}"
MACHINES = f"/apis/kubevirt.io/v1/virtualmachines?{CACHED}"


class Kubelets(threading.Thread):
    """Pods that are bound run and get ready; those that are to go are gone, and then their disks. A VirtualMachine gets
    its launcher pod."""

    def __init__(self, plane: ControlPlane) -> None:
        super().__init__(daemon=True)
        self.http = connection(plane.content)
        self.hands = ThreadPoolExecutor(8)
        self.stopped, self.idle = threading.Event(), threading.Event()

    def run(self) -> None:
        while not self.stopped.wait(0.2):
            if self.idle.is_set():
                continue
            try:
                pods = self._items(PODS)
                list(self.hands.map(self._pod, pods))
                there = {(pod["metadata"]["namespace"], pod["metadata"]["name"]) for pod in pods}
                for machine in self._items(MACHINES):
                    self._machine(machine, there)
                for claim in self._items(CLAIMS):
                    self._claim(claim, pods)
            except (httpx.HTTPError, KeyError, ValueError):
                continue  # the API server is away, as it may be

    def stop(self) -> None:
        self.stopped.set()
        self.join(10)
        self.hands.shutdown(cancel_futures=True)
        self.http.close()

    def _items(self, where: str) -> list[Object]:
        found: list[Object] = self.http.get(where).json()["items"]
        return found

    def _pod(self, pod: Object) -> None:
        where = f"/api/v1/namespaces/{pod['metadata']['namespace']}/pods/{pod['metadata']['name']}"
        if "deletionTimestamp" in pod["metadata"]:
            self.http.request("DELETE", where, json={"gracePeriodSeconds": 0})
        elif not pod["spec"].get("nodeName"):
            self._disks(pod)
        elif pod["status"].get("phase") == "Pending":
            ready = {"type": "Ready", "status": "True", "lastTransitionTime": "2026-01-01T00:00:00Z"}
            status = {"status": {"phase": "Running", "conditions": [ready]}}
            self.http.patch(f"{where}/status", json=status, headers=STRATEGIC)

    def _disks(self, pod: Object) -> None:
        """The disks that a pod brings with it, under the names that Kubernetes gives them."""
        metadata = pod["metadata"]
        owner = {
            "apiVersion": "v1",
            "kind": "Pod",
            "name": metadata["name"],
            "uid": metadata["uid"],
            "controller": True,
        }
        for volume in pod["spec"].get("volumes", ()):
            if "ephemeral" in volume:
                claim = {"name": f"{metadata['name']}-{volume['name']}", "ownerReferences": [owner]}
                made = {"metadata": claim, "spec": volume["ephemeral"]["volumeClaimTemplate"]["spec"]}
                self.http.post(f"/api/v1/namespaces/{metadata['namespace']}/persistentvolumeclaims", json=made)

    def _claim(self, claim: Object, pods: list[Object]) -> None:
        """The API server protects every disk; a controller lets go of one that no pod mounts any more."""
        metadata = claim["metadata"]
        if "deletionTimestamp" not in metadata or not metadata.get("finalizers"):
            return
        at, name = metadata["namespace"], metadata["name"]
        if any(pod["metadata"]["namespace"] == at and name in claims(pod) for pod in pods):
            return
        where = f"/api/v1/namespaces/{at}/persistentvolumeclaims/{name}"
        self.http.patch(where, json={"metadata": {"finalizers": None}}, headers=HEADERS)

    def _machine(self, machine: Object, pods: set[tuple[str, str]]) -> None:
        metadata = machine["metadata"]
        name = f"virt-launcher-{metadata['name']}"
        if (metadata["namespace"], name) in pods or "deletionTimestamp" in metadata:
            return
        self.http.post(f"/api/v1/namespaces/{metadata['namespace']}/pods", json=launcher(machine, name))


def launcher(machine: Mapping[str, Any], name: str) -> Object:
    """As KubeVirt makes it: labels, annotations and scheduler are those of the template."""
    metadata, template = machine["metadata"], machine["spec"]["template"]
    owner = {"apiVersion": "kubevirt.io/v1", "kind": "VirtualMachine", "name": metadata["name"], "uid": metadata["uid"]}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": name,
            "namespace": metadata["namespace"],
            "ownerReferences": [{**owner, "controller": True, "blockOwnerDeletion": True}],
            **template["metadata"],
        },
        "spec": {
            "schedulerName": template["spec"]["schedulerName"],
            "containers": [{"name": "compute", "image": "kubevirt/virt-launcher"}],
        },
    }
