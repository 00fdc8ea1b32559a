"""The manifests as custom resources: a real API server takes the schemas, and what files take."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from api.cli import app
from planner.manifests.application import Application
from planner.manifests.crds import KINDS, crds
from planner.manifests.reservation import Reservation
from planner.manifests.site import Site
from tests.kubernetes.control_plane import ControlPlane

EXAMPLES = Path(__file__).parents[2] / "examples"
FULL = """
apiVersion: bayplan.io/v1alpha1
kind: Application
metadata: {name: full, labels: {tier: web}, annotations: {note: everything at once}}
spec:
  runtime: container
  resources: {cpu: 0.5, memory: 8Gi, disk: 100Gi, bandwidth: 100M}
  image: registry.example/full:1.0
  command: [/bin/full]
  args: [--fast]
  env: {MODE: edge}
  secure: true
  expose: {port: 80, targetPort: 8080, host: full.example.com}
  storage: {size: 20Gi, path: /data}
  demand:
    - {where: {province: Guangdong, carrier: [telecom, unicom]}, instances: 10}
    - {where: {}, within: {latencyMs: 20, of: {city: Guangzhou, carrier: telecom}}, instancesPerSite: 1}
  requires: [lb.l7]
  forbids: [gpu.t4]
  group: fleet
  spread: [{over: site, maxShare: 30%, minDomains: 3, soft: 10}, {over: server, maxInstances: 2, across: group}]
  together: [{at: rack}]
  survives: {lossOf: site, keep: 80%}
  apartFrom: [{at: server, labelDiffers: tier}]
  priority: 100
  window: {daily: ["18:00-23:00"], timeZone: Asia/Shanghai, end: "2027-01-01T00:00:00Z"}
  moveCost: 2
  end: "2027-02-01T00:00:00Z"
  reservation: later
"""
PROMISE = """
apiVersion: bayplan.io/v1alpha1
kind: Reservation
metadata: {name: later}
spec: {start: "2027-01-01T00:00:00Z", where: {site: gz-telecom}, amounts: {cpu: 8000, memory: 1Ti}}
"""
PLACE = """
apiVersion: bayplan.io/v1alpha1
kind: Site
metadata: {name: gz-telecom}
spec:
  province: Guangdong
  carrier: [telecom, unicom]
  latitude: 23.13
  longitude: 113.26
  capabilities: [lb.l7, disk.local]
  cluster: gz
  classes: {runtime: kata, ingress: nginx, storage: {local: local-path}}
"""


def test_the_command_prints_what_kubectl_takes() -> None:
    printed = list(yaml.safe_load_all(CliRunner().invoke(app, ["crds"]).stdout))
    assert printed == crds()
    assert json.loads(CliRunner().invoke(app, ["crds", "--json"]).stdout)["items"] == printed


def test_the_status_subresource_and_the_columns_name_fields_that_are() -> None:
    for crd, kind in zip(crds(), KINDS, strict=True):
        version = crd["spec"]["versions"][0]
        assert version["subresources"] == {"status": {}}
        root = version["schema"]["openAPIV3Schema"]["properties"]
        for column in version["additionalPrinterColumns"]:
            top, *rest = column["jsonPath"].removeprefix(".").split(".")
            at: Any = root[top]
            for step in rest if top != "metadata" else ():
                at = at["properties"][step]
        assert kind.plural == crd["spec"]["names"]["plural"]


@pytest.mark.parametrize(("text", "model"), [(FULL, Application), (PROMISE, Reservation), (PLACE, Site)])
def test_one_manifest_is_for_files_and_for_kubectl(cluster: ControlPlane, text: str, model: Any) -> None:
    content = yaml.safe_load(text)
    read = model.model_validate(content)
    with cluster.namespace() as namespace:
        args = [] if model is Site else ["-n", namespace]
        cluster.kubectl("apply", "--dry-run=server", "-f", "-", *args, input=text)
        kept = json.loads(cluster.kubectl("create", "--dry-run=server", "-o", "json", "-f", "-", *args, input=text))
    assert kept["spec"] == content["spec"], "nothing is pruned, and nothing is added"
    again = model.model_validate({**content, "spec": kept["spec"]})
    assert again == read


def test_the_example_world_is_taken_as_it_is(cluster: ControlPlane) -> None:
    text = (
        (EXAMPLES / "worlds" / "small" / "applications.yaml")
        .read_text()
        .replace("namespace: acme", "namespace: default")
    )
    said = cluster.kubectl("apply", "--dry-run=server", "-f", "-", input=text)
    assert said.count("created") == 4


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"runtime": "pod"}, "spec.runtime: Unsupported value"),
        ({"replicas": 3}, 'unknown field "spec.replicas"'),
        ({"expose": {"port": 0}}, "spec.expose.port"),
        ({"spread": [{"over": "planet", "maxInstances": 1}]}, "spec.spread[0].over"),
        ({"demand": [{"instances": "ten"}]}, "spec.demand[0].instances"),
        ({"resources": {"cpu": -1}}, "spec.resources.cpu"),
    ],
)
def test_what_can_be_told_at_once_is_refused_at_once(cluster: ControlPlane, wrong: dict[str, Any], told: str) -> None:
    spec = {"runtime": "container", "resources": {"cpu": 1}, "demand": [{"instances": 1}], **wrong}
    content = {"apiVersion": "bayplan.io/v1alpha1", "kind": "Application", "metadata": {"name": "wrong"}, "spec": spec}
    said = cluster.kubectl("create", "--dry-run=server", "-f", "-", input=json.dumps(content), check=False)
    assert told in said
