"""Clusters for tests: one for each process that runs tests, with Bayplan's custom resources."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from planner.manifests.crds import crds
from tests.kubernetes.control_plane import GIVEN, HOW, ControlPlane, program
from tests.kubernetes.stage import Stage
from tests.kubernetes.staging import Stages


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    """A real one, or the tests that need it are skipped."""
    if given := os.environ.get(GIVEN):
        plane = ControlPlane(Path(given), ours=False)
        install(plane)
        yield plane
        return
    if program() is None:
        pytest.skip(HOW)
    plane = ControlPlane.start(tmp_path_factory.mktemp("kubernetes") / "cluster")
    try:
        install(plane)
        yield plane
    finally:
        plane.kill()


@pytest.fixture(scope="session")
def stages(cluster: ControlPlane, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stages]:
    """One service and one dispatcher for all tests of a process, as long as each leaves nothing behind."""
    made = Stages(cluster, lambda: tmp_path_factory.mktemp("stage"))
    yield made
    made.close()


@pytest.fixture
def stage(stages: Stages) -> Iterator[Stage]:
    """What everybody said is shown when a test fails; where something is left, the next one gets another stage."""
    given = stages.current()
    yield given
    try:
        given.cleared()
    except BaseException:
        stages.close()
        raise
    finally:
        print(given.report())  # noqa: T201 - captured, and shown on failure only


def install(plane: ControlPlane) -> None:
    """Custom resources: ours, and KubeVirt's as far as they are used."""
    plane.apply(*crds())
    plane.kubectl("apply", "--server-side", "-f", str(Path(__file__).parent / "kubevirt.yaml"))
    names = [each["metadata"]["name"] for each in crds()]
    kubevirt = yaml.safe_load_all((Path(__file__).parent / "kubevirt.yaml").read_text())
    names += [each["metadata"]["name"] for each in kubevirt]
    plane.kubectl("wait", "--for=condition=Established", "--timeout=60s", *(f"crd/{name}" for name in names))
