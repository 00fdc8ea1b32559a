"""What the demo asks for: the requests of three typical customers, and one that cannot be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

Body = Mapping[str, Any]
GUANGDONG = {"province": "Guangdong", "carrier": "telecom"}


@dataclass(frozen=True, slots=True)
class Scene:
    """title, rules: for people. applications: manifests as they are sent. by: what the answer is summed up by."""

    title: str
    rules: str
    applications: tuple[Body, ...]
    by: Literal["site", "region"] = "site"


def application(name: str, runtime: str, cpu: int, memory: int, **spec: Any) -> Body:
    """memory: GiB."""
    resources = {"cpu": str(cpu), "memory": f"{memory}Gi"}
    return {
        "metadata": {"name": name, "namespace": "demo"},
        "spec": {"runtime": runtime, "resources": resources, **spec},
    }


def demand(instances: int, where: Body | None = None) -> list[Body]:
    return [{"where": where or {}, "instances": instances}]


SCENES = (
    Scene(
        "1,000 containers 4C8G for Guangdong telecom",
        "at most 30 % in one site, at least 3 sites",
        (
            application(
                "render", "container", 4, 8,
                demand=demand(1000, GUANGDONG),
                spread=[{"over": "site", "maxShare": "30%", "minDomains": 3}],
            ),
        ),
    ),
    Scene(
        "100 VMs 32C96G for Guangdong telecom",
        "all or nothing",
        (application("accelerate", "vm", 32, 96, demand=demand(100, GUANGDONG)),),
    ),
    Scene(
        "60 edge functions 8C16G for East China, with their log and monitoring",
        "in each site one log per 10 functions and one monitoring; needs lb.l7",
        (
            application(
                "function", "container", 8, 16,
                demand=demand(60, {"region": "East China"}),
                requires=["lb.l7"],
                spread=[{"over": "site", "maxShare": "25%"}],
            ),
            application("log", "container", 2, 8, master={"application": "function", "ratio": 10}),
            application("monitoring", "container", 1, 2, master={"application": "function", "perSite": 1}),
        ),
    ),
    Scene(
        "1,000 small containers 1C2G nationwide",
        "no matter where, at most 5 in one site",
        (
            application(
                "probe", "container", 1, 2,
                demand=demand(1000),
                spread=[{"over": "site", "maxInstances": 5}],
            ),
        ),
        by="region",
    ),
    Scene(
        "2,000 VMs 32C96G for Guangdong telecom",
        "all or nothing; more than there is room for",
        (application("too-much", "vm", 32, 96, demand=demand(2000, GUANGDONG)),),
    ),
)  # fmt: skip
