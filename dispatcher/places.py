"""Places: which pod goes to which server, so that each server has the instances that the plan names, and no other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dispatcher.names import SCHEDULER, SERVER

OVER = ("Succeeded", "Failed")


@dataclass(frozen=True, slots=True)
class Pod:
    """node: where it is bound, empty while pending. pinned: the server of its VM, empty for containers. leaving: it is
    being deleted. ready: by its condition. born: creation time, as text that sorts."""

    namespace: str
    name: str
    uid: str
    node: str = ""
    pinned: str = ""
    phase: str = "Pending"
    leaving: bool = False
    ready: bool = False
    ours: bool = True
    born: str = ""

    @staticmethod
    def of(content: Mapping[str, Any]) -> Pod:
        """As the API server has it."""
        metadata, spec, status = content["metadata"], content["spec"], content.get("status") or {}
        conditions = {each["type"]: each["status"] for each in status.get("conditions") or ()}
        return Pod(
            namespace=metadata["namespace"],
            name=metadata["name"],
            uid=metadata["uid"],
            node=spec.get("nodeName") or "",
            pinned=(metadata.get("annotations") or {}).get(SERVER, ""),
            phase=status.get("phase") or "Pending",
            leaving="deletionTimestamp" in metadata,
            ready=conditions.get("Ready") == "True",
            ours=spec.get("schedulerName") == SCHEDULER,
            born=metadata.get("creationTimestamp") or "",
        )

    @property
    def takes_room(self) -> bool:
        """A pod that is leaving keeps its room until it is gone: nothing runs twice in one place."""
        return bool(self.node) and self.phase not in OVER

    @property
    def waits(self) -> bool:
        return not self.node and not self.leaving and self.ours and self.phase not in OVER


@dataclass(frozen=True, slots=True)
class Matching:
    """bind: (pod, server). surplus: pods on servers that have more than planned. waiting: pods for which no planned
    place is free now."""

    bind: tuple[tuple[Pod, str], ...]
    surplus: tuple[Pod, ...]
    waiting: tuple[Pod, ...]


def match(pods: Iterable[Pod], servers: Mapping[str, int]) -> Matching:
    """pods: all of one application in one site. servers: instances planned on each."""
    every = sorted(pods, key=lambda pod: (pod.born, pod.name))
    taken = Counter(pod.node for pod in every if pod.takes_room)
    free = {server: count - taken[server] for server, count in servers.items()}
    bind: list[tuple[Pod, str]] = []
    waiting: list[Pod] = []
    open_places = [server for server in sorted(free) for _ in range(max(free[server], 0))]
    for pod in sorted((pod for pod in every if pod.waits), key=lambda pod: not pod.pinned):
        place = pod.pinned if pod.pinned else next(iter(open_places), "")
        if place in open_places:
            open_places.remove(place)
            bind.append((pod, place))
        else:
            waiting.append(pod)
    return Matching(tuple(bind), tuple(_surplus(every, servers)), tuple(waiting))


def _surplus(pods: Sequence[Pod], servers: Mapping[str, int]) -> Iterable[Pod]:
    """The youngest go first, and none whose server is rid of enough already."""
    over = Counter(pod.node for pod in pods if pod.takes_room)
    over.subtract(dict(servers))
    for pod in pods:
        if pod.takes_room and pod.leaving:
            over[pod.node] -= 1
    for pod in sorted(pods, key=lambda pod: (pod.born, pod.name), reverse=True):
        if pod.takes_room and not pod.leaving and over[pod.node] > 0:
            over[pod.node] -= 1
            yield pod
