"""Staging: a stage is set up, used by test after test while it is clean, and taken down."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from dispatcher.kube import path
from tests.databases import made
from tests.kubernetes.control_plane import ControlPlane
from tests.kubernetes.processes import Process, eventually
from tests.kubernetes.stage import Stage


class Stages:
    """One at a time. folder: makes a new one."""

    def __init__(self, plane: ControlPlane, folder: Callable[[], Path]) -> None:
        self._plane, self._folder = plane, folder
        self._open = ExitStack()
        self._stage: Stage | None = None

    def current(self) -> Stage:
        if self._stage is None:
            self._stage = self._open.enter_context(staged(self._plane, self._folder()))
            self._stage.cluster("one")
            self._stage.dispatcher()
        return self._stage

    def close(self) -> None:
        self._stage = None
        self._open.close()


@contextmanager
def staged(plane: ControlPlane, folder: Path) -> Iterator[Stage]:
    """A service on empty books, and a namespace; everything is taken down at the end."""
    database = f"sqlite:///{folder}/books.db"
    made(database)
    service = Process("service", folder, "api.cli", *SERVE, "--database", database)
    with plane.namespace() as namespace:
        service.start()
        stage = Stage(plane, folder, namespace, eventually(lambda: _url(service), "the service listens"), service)
        stage.kubelets.start()
        try:
            yield stage
        finally:
            for each in [*stage.dispatchers, service]:
                each.kill()
            stage.kubelets.stop()
            stage.books.close()
            _cleaned(stage)


SERVE: Sequence[str] = ("serve", "--insecure", "--port", "0", "--json", "--workers", "1")


def _url(service: Process) -> str:
    for line in service.said().splitlines():
        if line.startswith("{"):
            url: str = json.loads(line)["url"]
            return url
    return ""


def _cleaned(stage: Stage) -> None:
    """Nobody is left who would take finalizers away; Nodes and roles are in no namespace."""
    api, roles = stage.plane.api, "/apis/rbac.authorization.k8s.io/v1"
    for kind in ("Application", "Reservation"):
        for item in stage.items(kind):
            with suppress(AssertionError):
                api.patch(kind, stage.namespace, item["metadata"]["name"], {"metadata": {"finalizers": None}})
    for plural in ("clusterrolebindings", "clusterroles"):
        for name in ("bayplan-dispatcher", "bayplan-site"):
            with suppress(AssertionError):
                api.send("DELETE", f"{roles}/{plural}/{name}-{stage.namespace}")
    nodes = [f"{stage.namespace}-s{row}" for row in range(1, stage.sites + 1)]
    if nodes:
        api.send("DELETE", path("Node"), labelSelector=f"bayplan.io/site in ({','.join(nodes)})")
