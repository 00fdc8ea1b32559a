"""The checker: what runs in the cluster is what the books have, and nothing more."""

from __future__ import annotations

from collections import Counter
from typing import Any

from api.client import Client
from tests.kubernetes.control_plane import ControlPlane
from tests.kubernetes.processes import SLOW, eventually


class Checker:
    """Of the applications in one namespace."""

    def __init__(self, plane: ControlPlane, namespace: str, books: Client) -> None:
        self.plane, self.namespace, self.books = plane, namespace, books

    def applications(self) -> list[str]:
        return [each["metadata"]["name"] for each in self.items("Application")]

    def items(self, kind: str, selector: str = "") -> list[dict[str, Any]]:
        return self.plane.api.items(kind, self.namespace, selector)

    def status(self, name: str) -> dict[str, Any]:
        got = self.plane.api.get("Application", self.namespace, name)
        status: dict[str, Any] = got.get("status") or {}
        return status

    def condition(self, name: str, kind: str) -> dict[str, Any]:
        rows = [each for each in self.status(name).get("conditions", ()) if each["type"] == kind]
        return rows[0] if rows else {}

    def pods(self, name: str = "") -> list[dict[str, Any]]:
        return self.items("Pod", f"bayplan.io/application={name}" if name else "bayplan.io/application")

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

    def checked(self) -> None:
        """The checker: what runs in the cluster is what the books have, of every application; nothing more anywhere."""
        names = self.applications()
        for name in names:
            self.settled(name)
        left = {each["metadata"]["labels"]["bayplan.io/application"] for each in self.pods()} - set(names)
        assert not left, f"pods of nobody: {left}"
        known = {row.application for row in self.books.deliveries().applications}
        assert known <= {f"{self.namespace}/{name}" for name in names}, f"booked for nobody: {known}"

    def uids(self, name: str) -> set[str]:
        return {each["metadata"]["uid"] for each in self.pods(name)}
