"""Mapping: Nodes of a cluster as servers of the books, by labels that a deployment can choose."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from dispatcher.kube import conditions
from dispatcher.names import SCHEDULER
from dispatcher.quantities import GPU, amount

Object = Mapping[str, Any]
UNIT = {"cpu": Fraction(1, 1000), "memory": Fraction(2**20), "ephemeral-storage": Fraction(2**30)}
NAMES = {"cpu": "cpu", "memory": "memory", "ephemeral-storage": "disk", GPU: "gpu"}
OWN = "bayplan.io/"
"""Before the name of a resource that only the books know: `bayplan.io/bandwidth: 10000` among the allocatable."""


@dataclass(frozen=True, slots=True)
class NodeLabels:
    """Which labels of a Node say what. place: attribute of its site -> label. capability: what labels of capabilities
    begin with (`bayplan.io/capability.lb.l7: "true"`). ignore: servers are never made of Nodes that have one of these
    labels."""

    site: str = "bayplan.io/site"
    rack: str = "bayplan.io/rack"
    place: Mapping[str, str] = field(
        default_factory=lambda: {
            "region": "topology.kubernetes.io/region",
            "province": "bayplan.io/province",
            "city": "bayplan.io/city",
            "carrier": "bayplan.io/carrier",
        }
    )
    capability: str = "bayplan.io/capability."
    ignore: tuple[str, ...] = ("node-role.kubernetes.io/control-plane",)

    @staticmethod
    def read(content: Mapping[str, Any]) -> NodeLabels:
        """Raises ValueError for an unknown field."""
        known = {"site", "rack", "place", "capability", "ignore"}
        if unknown := sorted(content.keys() - known):
            raise ValueError(f"mapping: found {unknown[0]!r}, expected one of {', '.join(sorted(known))}")
        given = dict(content)
        if "place" in given:
            given["place"] = {**NodeLabels().place, **given["place"]}
        if "ignore" in given:
            given["ignore"] = tuple(given["ignore"])
        return NodeLabels(**given)


@dataclass(frozen=True, slots=True)
class Server:
    """state: online, draining (cordoned), or offline (not ready). capacity: in the books' units, by resource. place: of
    its site, as far as its labels say."""

    name: str
    site: str
    rack: str
    state: str
    capabilities: tuple[str, ...]
    capacity: Mapping[str, int]
    place: Mapping[str, str]


def server(node: Object, others: Iterable[Object], mapping: NodeLabels, site: str = "") -> Server | None:
    """others: pods there that are not ours: what they request is not for sale. site: where labels say none.

    None for a Node that is no server: it has a label of `ignore`, or no site."""
    metadata = node["metadata"]
    labels = metadata.get("labels") or {}
    at = labels.get(mapping.site) or site
    if not at or any(name in labels for name in mapping.ignore):
        return None
    names = [key.removeprefix(mapping.capability) for key in labels if key.startswith(mapping.capability)]
    return Server(
        name=metadata["name"],
        site=at,
        rack=labels.get(mapping.rack, ""),
        state=state(node),
        capabilities=tuple(sorted(name for name in names if labels[mapping.capability + name] != "false")),
        capacity=_free(node, others),
        place={name: labels[key] for name, key in mapping.place.items() if labels.get(key)},
    )


def state(node: Object) -> str:
    """A Node that is not ready is offline: what runs there stays where it is, and nothing new comes."""
    if conditions(node).get("Ready") != "True":
        return "offline"
    return "draining" if (node.get("spec") or {}).get("unschedulable") else "online"


def _free(node: Object, others: Iterable[Object]) -> dict[str, int]:
    allocatable = (node.get("status") or {}).get("allocatable") or {}
    room = {name: amount(value) for name, value in allocatable.items() if name in NAMES or name.startswith(OWN)}
    for pod in others:
        for name, taken in requests(pod).items():
            if name in room:
                room[name] -= taken
    return {
        NAMES.get(name) or name.removeprefix(OWN): max(int(value / UNIT.get(name, Fraction(1))), 0)
        for name, value in room.items()
    }


def requests(pod: Object) -> dict[str, Fraction]:
    """What a pod requests: the sum of its containers, or one of its init containers when that is more.

    https://kubernetes.io/docs/concepts/workloads/pods/init-containers/#resource-sharing-within-containers"""
    spec = pod["spec"]
    total = _sum(spec.get("containers") or ())
    sidecars = [each for each in spec.get("initContainers") or () if each.get("restartPolicy") == "Always"]
    for name, value in _sum(sidecars).items():
        total[name] = total.get(name, Fraction(0)) + value
    for each in spec.get("initContainers") or ():
        for name, value in _sum([each]).items():
            total[name] = max(total.get(name, Fraction(0)), value)
    for name, value in (spec.get("overhead") or {}).items():
        total[name] = total.get(name, Fraction(0)) + amount(value)
    return total


def _sum(containers: Iterable[Object]) -> dict[str, Fraction]:
    total: dict[str, Fraction] = {}
    for each in containers:
        for name, value in ((each.get("resources") or {}).get("requests") or {}).items():
            total[name] = total.get(name, Fraction(0)) + amount(value)
    return total


def foreign(pod: Object) -> bool:
    """Bound by others, and still there."""
    spec, phase = pod["spec"], (pod.get("status") or {}).get("phase")
    return (
        bool(spec.get("nodeName")) and spec.get("schedulerName") != SCHEDULER and phase not in ("Succeeded", "Failed")
    )
