"""Package: what one site gets of one application, as Kubernetes objects. Pure: what goes in decides what comes out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from dispatcher import vm
from dispatcher.names import DIGEST, MANAGED, OWNER, SCHEDULER, label, labels, notes, package_name
from dispatcher.quantities import resources

Object = dict[str, Any]
VOLUME = "storage"


class Undeliverable(Exception):  # noqa: N818 - says what the package is
    """The site cannot run what the application asks for; the message says why."""


@dataclass(frozen=True, slots=True)
class Place:
    """A site as packages need it. offers: its capabilities and its servers'. classes: of its cluster, as `Site` has
    them: `runtime`, `ingress`, `storage.local`, `storage.cloud`."""

    site: str
    cluster: str
    offers: frozenset[str] = frozenset()
    classes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Package:
    """objects: in the order in which they are applied. servers: instances by server."""

    application: str
    place: Place
    namespace: str
    name: str
    objects: tuple[Object, ...]
    servers: Mapping[str, int]

    @property
    def instances(self) -> int:
        return sum(self.servers.values())


def package(manifest: Mapping[str, Any], application: str, place: Place, servers: Mapping[str, int]) -> Package:
    """servers: how many instances on each. Raises Undeliverable."""
    spec, metadata = manifest["spec"], manifest["metadata"]
    if not spec.get("image"):
        raise Undeliverable("spec.image is missing: what the instances run")
    namespace, name = metadata.get("namespace") or "default", package_name(metadata["name"], place.site)
    said = notes(application, place.site)
    base = _Base(name, namespace, {**_user(metadata), **labels(metadata["name"], place.site)}, said)
    volume = _claim(spec["storage"], place) if spec.get("storage") else None
    if spec["runtime"] == "vm":
        work = vm.machines(spec, base, servers, volume)
    else:
        work = [_deployment(spec, base, place, sum(servers.values()), volume)]
    objects = [*work, *_network(spec, base, place)]
    return Package(application, place, namespace, name, tuple(objects), dict(servers))


@dataclass(frozen=True, slots=True)
class _Base:
    """What the objects of a package have in common."""

    name: str
    namespace: str
    labels: Mapping[str, str]
    annotations: Mapping[str, str]

    @property
    def selector(self) -> dict[str, str]:
        return {key: value for key, value in self.labels.items() if key.startswith("bayplan.io/")}

    def metadata(self, name: str = "") -> Object:
        return {"name": name or self.name, "namespace": self.namespace, **self.template()}

    def template(self) -> Object:
        """Metadata of pods."""
        return {"labels": dict(self.labels), "annotations": dict(self.annotations)}


def _user(metadata: Mapping[str, Any]) -> dict[str, str]:
    """Labels of the application itself; ours come over them."""
    return {key: label(str(value)) for key, value in (metadata.get("labels") or {}).items()}


def _deployment(spec: Mapping[str, Any], base: _Base, place: Place, instances: int, volume: Object | None) -> Object:
    """No pod more than planned, also while a new version is rolled out: nothing is booked for it."""
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": base.metadata(),
        "spec": {
            "replicas": instances,
            "selector": {"matchLabels": base.selector},
            "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 0, "maxUnavailable": "25%"}},
            "template": {
                "metadata": base.template(),
                "spec": _pod(spec, place, volume),
            },
        },
    }


def _pod(spec: Mapping[str, Any], place: Place, volume: Object | None) -> Object:
    container: Object = {"name": "main", "image": spec["image"], "resources": resources(spec["resources"])}
    container |= {key: list(spec[key]) for key in ("command", "args") if spec.get(key)}
    if spec.get("env"):
        container["env"] = [{"name": key, "value": str(spec["env"][key])} for key in sorted(spec["env"])]
    if expose := spec.get("expose"):
        port = expose.get("targetPort") or expose["port"]
        container["ports"] = [{"containerPort": port, "protocol": expose.get("protocol", "TCP")}]
    pod: Object = {"schedulerName": SCHEDULER, "containers": [container], "tolerations": _tolerations()}
    if spec.get("secure"):
        pod["runtimeClassName"] = place.classes.get("runtime", "kata")
    if volume is not None:
        path = spec["storage"].get("path", "/data")
        container["volumeMounts"] = [{"name": VOLUME, "mountPath": path}]
        template = {"metadata": {"labels": dict(MANAGED)}, "spec": volume}
        pod["volumes"] = [{"name": VOLUME, "ephemeral": {"volumeClaimTemplate": template}}]
    return pod


def _tolerations() -> Sequence[Object]:
    """What runs keeps running when a site is cut off: nothing is evicted."""
    keys = ("node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable")
    return [{"key": key, "operator": "Exists", "effect": "NoExecute"} for key in keys]


def _claim(storage: Mapping[str, Any], place: Place) -> Object:
    """A disk of one instance. Raises Undeliverable in a site with neither local nor cloud disks."""
    kind = next((kind for kind in ("local", "cloud") if f"disk.{kind}" in place.offers), None)
    if kind is None:
        raise Undeliverable(f"site {place.site} offers neither disk.local nor disk.cloud, and spec.storage needs one")
    claim: Object = {
        "accessModes": ["ReadWriteOnce"],
        "resources": {"requests": {"storage": str(storage["size"])}},
    }
    if name := place.classes.get(f"storage.{kind}"):
        claim["storageClassName"] = name
    return claim


def _network(spec: Mapping[str, Any], base: _Base, place: Place) -> list[Object]:
    """A Service, and an Ingress where a host is asked for. Raises Undeliverable in a site without lb.l7."""
    expose = spec.get("expose")
    if not expose:
        return []
    target = expose.get("targetPort") or expose["port"]
    port = {"port": expose["port"], "protocol": expose.get("protocol", "TCP"), "targetPort": target}
    service: Object = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": base.metadata(),
        "spec": {"selector": base.selector, "ports": [port]},
    }
    if "lb.l4" in place.offers and not expose.get("host"):
        service["spec"]["type"] = "LoadBalancer"
    return [service, *([_ingress(expose, base, place)] if expose.get("host") else [])]


def _ingress(expose: Mapping[str, Any], base: _Base, place: Place) -> Object:
    if "lb.l7" not in place.offers:
        raise Undeliverable(
            f"site {place.site} offers no lb.l7, and spec.expose.host needs one: add it to spec.requires"
        )
    backend = {"service": {"name": base.name, "port": {"number": expose["port"]}}}
    path = {"path": "/", "pathType": "Prefix", "backend": backend}
    spec: Object = {"rules": [{"host": expose["host"], "http": {"paths": [path]}}]}
    if name := place.classes.get("ingress"):
        spec["ingressClassName"] = name
    return {"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": base.metadata(), "spec": spec}


def marked(package: Package, digest: str, owner: str) -> Package:
    """Every object says which specification it is from, and of whom."""
    objects = []
    for each in package.objects:
        said = {**each["metadata"]["annotations"], DIGEST: digest, OWNER: owner}
        objects.append({**each, "metadata": {**each["metadata"], "annotations": said}})
    return Package(package.application, package.place, package.namespace, package.name, tuple(objects), package.servers)
