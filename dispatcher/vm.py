"""VMs: one KubeVirt VirtualMachine for each instance, which keeps its server for life."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from dispatcher.names import SCHEDULER, SERVER, digest, label
from dispatcher.quantities import GPU, amount, canonical

Object = dict[str, Any]


class Base(Protocol):
    @property
    def name(self) -> str: ...

    def metadata(self, name: str = "") -> Object: ...

    def template(self) -> Object: ...


def machines(spec: Mapping[str, Any], base: Base, servers: Mapping[str, int], volume: Object | None) -> list[Object]:
    """The name of a VM says its server and number: who stays on a server keeps its VM and its disk."""
    objects: list[Object] = []
    for server, count in sorted(servers.items()):
        for number in range(count):
            name = f"{base.name}-{digest(server, size=3)}-{number}"
            if volume is not None:
                claim = {"apiVersion": "v1", "kind": "PersistentVolumeClaim"}
                objects.append({**claim, "metadata": base.metadata(name), "spec": volume})
            objects.append(_machine(spec, base, name, server, volume is not None))
    return objects


def _machine(spec: Mapping[str, Any], base: Base, name: str, server: str, disk: bool) -> Object:
    metadata, template = base.metadata(name), base.template()
    metadata["labels"][SERVER] = template["labels"][SERVER] = label(server)
    template["annotations"][SERVER] = server
    return {
        "apiVersion": "kubevirt.io/v1",
        "kind": "VirtualMachine",
        "metadata": metadata,
        "spec": {
            "runStrategy": "Always",
            "template": {
                # KubeVirt gives these to the virt-launcher pod: that is how its place is known.
                "metadata": template,
                "spec": _instance(spec, name, disk),
            },
        },
    }


def _instance(spec: Mapping[str, Any], name: str, disk: bool) -> Object:
    asked = spec["resources"]
    cores = -(-amount(asked.get("cpu", 1)) // 1)
    memory = canonical("memory", asked.get("memory", "512Mi"))
    devices: Object = {
        "disks": [{"name": "root", "disk": {"bus": "virtio"}}],
        "interfaces": [{"name": "default", "masquerade": {}}],
    }
    volumes: list[Object] = [{"name": "root", "containerDisk": {"image": spec["image"]}}]
    if disk:
        devices["disks"].append({"name": "storage", "disk": {"bus": "virtio"}})
        volumes.append({"name": "storage", "persistentVolumeClaim": {"claimName": name}})
    if asked.get("gpu"):
        devices["gpus"] = [{"name": f"gpu{row}", "deviceName": GPU} for row in range(int(amount(asked["gpu"])))]
    return {
        "schedulerName": SCHEDULER,
        "evictionStrategy": "None",
        "domain": {"cpu": {"cores": int(cores)}, "memory": {"guest": memory}, "devices": devices},
        "networks": [{"name": "default", "pod": {}}],
        "volumes": volumes,
    }
