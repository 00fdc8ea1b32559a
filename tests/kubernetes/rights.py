"""Rights: what dispatchers may do in a cluster is what `deploy/` gives them, or less."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml

from tests.kubernetes.control_plane import ControlPlane
from tests.kubernetes.processes import ROOT, eventually


class Rights:
    """Accounts in one namespace. folder: for their kubeconfigs."""

    def __init__(self, plane: ControlPlane, namespace: str, folder: Path) -> None:
        self.plane, self.namespace, self.folder = plane, namespace, folder

    def account(self, name: str, overlay: str) -> Path:
        """A kubeconfig with the rights that `deploy/` gives, and no others."""
        file = self.folder / f"{name}.yaml"
        if not file.exists():
            self.plane.apply(*(self._ours(each) for each in _manifests(overlay)))
            token = self.plane.kubectl("create", "token", name, "-n", self.namespace, "--duration=2h").strip()
            content = {**self.plane.content, "users": [{"name": "admin", "user": {"token": token}}]}
            file.write_text(yaml.safe_dump(content))
        return file

    @contextmanager
    def nobody_binds(self) -> Iterator[None]:
        """Meanwhile the dispatcher has no right to bind pods."""
        (role,) = (each for each in _manifests("site") if each["kind"] == "ClusterRole")
        name, rules = f"{role['metadata']['name']}-{self.namespace}", role["rules"]
        self._rules(name, [each for each in rules if each["resources"] != ["pods/binding"]], binds=False)
        try:
            yield
        finally:
            self._rules(name, rules, binds=True)

    def _rules(self, name: str, rules: list[dict[str, Any]], *, binds: bool) -> None:
        """Returns when the API server goes by them."""
        self.plane.api.send("PATCH", f"/apis/rbac.authorization.k8s.io/v1/clusterroles/{name}", {"rules": rules})
        about = {"namespace": self.namespace, "verb": "create", "resource": "pods", "subresource": "binding"}
        review = {"user": f"system:serviceaccount:{self.namespace}:bayplan-site", "resourceAttributes": about}

        def so() -> bool:
            where = "/apis/authorization.k8s.io/v1/subjectaccessreviews"
            told = self.plane.api.send("POST", where, {"spec": review})
            return bool(told["status"]["allowed"] == binds)

        eventually(so, f"binding is {'allowed' if binds else 'forbidden'}")

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


def _manifests(overlay: str) -> list[dict[str, Any]]:
    return list(yaml.safe_load_all((ROOT / "deploy" / "kustomize" / overlay / "rbac.yaml").read_text()))
