"""What a site gets: exactly as many, under our scheduler, with what the site has."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatcher.deliver import covers
from dispatcher.names import LONGEST, package_name
from dispatcher.package import Package, Place, Undeliverable, package
from dispatcher.quantities import amount, canonical, resources
from planner.manifests.application import Application

EVERYTHING = Place(
    "gz",
    "south",
    frozenset({"lb.l7", "disk.local", "disk.cloud"}),
    {"runtime": "kata", "ingress": "nginx", "storage.local": "fast", "storage.cloud": "ssd"},
)


def manifest(**spec: Any) -> dict[str, Any]:
    usual = {"runtime": "container", "resources": {"cpu": 4, "memory": "8Gi", "disk": "100Gi"}, "image": "app:1"}
    made = {
        "metadata": {"name": "render", "namespace": "acme"},
        "spec": {**usual, "demand": [{"instances": 3}], **spec},
    }
    Application.model_validate(made)  # what is rendered here is what the books take
    return made


def made(place: Place = EVERYTHING, servers: dict[str, int] | None = None, **spec: Any) -> Package:
    return package(manifest(**spec), "acme/render", place, servers or {"gz-1": 2, "gz-2": 1})


def objects(kind: str, given: Package) -> list[dict[str, Any]]:
    return [each for each in given.objects if each["kind"] == kind]


def test_a_deployment_has_the_instances_of_the_site_and_never_more() -> None:
    (deployment,) = made().objects
    spec = deployment["spec"]
    assert spec["replicas"] == 3
    assert spec["strategy"]["rollingUpdate"]["maxSurge"] == 0
    pod = spec["template"]["spec"]
    assert pod["schedulerName"] == "bayplan"
    assert pod["containers"][0]["resources"]["requests"] == {"cpu": "4", "memory": "8Gi", "ephemeral-storage": "100Gi"}
    assert "runtimeClassName" not in pod
    assert {each["key"] for each in pod["tolerations"]} == {
        "node.kubernetes.io/not-ready",
        "node.kubernetes.io/unreachable",
    }


def test_the_selector_is_the_template_s() -> None:
    (deployment,) = made().objects
    selector = deployment["spec"]["selector"]["matchLabels"]
    assert selector.items() <= deployment["spec"]["template"]["metadata"]["labels"].items()
    assert set(selector) == {"bayplan.io/application", "bayplan.io/site"}


def test_secure_containers_get_the_runtime_class_of_the_site() -> None:
    (deployment,) = made(secure=True).objects
    assert deployment["spec"]["template"]["spec"]["runtimeClassName"] == "kata"


@pytest.mark.parametrize(("offers", "name"), [({"disk.local", "disk.cloud"}, "fast"), ({"disk.cloud"}, "ssd")])
def test_the_site_says_what_disk_it_is(offers: set[str], name: str) -> None:
    place = Place("gz", "south", frozenset(offers), EVERYTHING.classes)
    (deployment,) = made(place, storage={"size": "20Gi", "path": "/var/lib"}).objects
    pod = deployment["spec"]["template"]["spec"]
    claim = pod["volumes"][0]["ephemeral"]["volumeClaimTemplate"]["spec"]
    assert (claim["storageClassName"], claim["resources"]["requests"]["storage"]) == (name, "20Gi")
    assert pod["containers"][0]["volumeMounts"][0]["mountPath"] == "/var/lib"


def test_a_host_gets_an_ingress_and_a_port_a_service() -> None:
    given = made(expose={"port": 80, "targetPort": 8080, "host": "render.example.com"})
    (service,), (ingress,) = objects("Service", given), objects("Ingress", given)
    assert service["spec"]["ports"] == [{"port": 80, "protocol": "TCP", "targetPort": 8080}]
    assert ingress["spec"]["ingressClassName"] == "nginx"
    assert ingress["spec"]["rules"][0]["host"] == "render.example.com"
    assert not objects("Ingress", made(expose={"port": 80}))


@pytest.mark.parametrize(
    ("spec", "told"),
    [
        ({"expose": {"port": 80, "host": "a.example"}}, "offers no lb.l7"),
        ({"storage": {"size": "1Gi"}}, "neither disk.local nor disk.cloud"),
        ({"image": None}, "spec.image is missing"),
    ],
)
def test_what_a_site_cannot_have_is_said(spec: dict[str, Any], told: str) -> None:
    with pytest.raises(Undeliverable, match=told):
        made(Place("bare", "south"), **spec)


def test_a_vm_is_an_object_of_its_own_that_knows_its_server() -> None:
    given = made(runtime="vm", storage={"size": "20Gi"})
    machines, disks = objects("VirtualMachine", given), objects("PersistentVolumeClaim", given)
    assert len(machines) == len(disks) == 3
    assert {each["metadata"]["name"] for each in machines} == {each["metadata"]["name"] for each in disks}
    for each in machines:
        template = each["spec"]["template"]
        assert template["spec"]["schedulerName"] == "bayplan"
        assert template["metadata"]["annotations"]["bayplan.io/server"] in ("gz-1", "gz-2")
        assert template["spec"]["domain"]["cpu"]["cores"] == 4


def test_a_vm_that_stays_keeps_its_name() -> None:
    before = {each["metadata"]["name"] for each in made(runtime="vm").objects}
    after = {each["metadata"]["name"] for each in made(runtime="vm", servers={"gz-1": 2, "gz-3": 1}).objects}
    assert len(before & after) == 2


@given(
    st.tuples(
        st.from_regex(r"[a-z0-9]([-a-z0-9.]{0,60}[a-z0-9])?", fullmatch=True), st.sampled_from(("gz", "a--b", "x.y"))
    )
)
def test_names_are_labels_and_say_their_pair(pair: tuple[str, str]) -> None:
    name = package_name(*pair)
    assert len(name) <= LONGEST
    assert name.replace("-", "a").isalnum()
    assert name[0] != "-" != name[-1]
    assert package_name(pair[0] + "x", pair[1]) != name


def test_pairs_that_read_alike_have_names_of_their_own() -> None:
    assert package_name("a--b", "c") != package_name("a", "b--c")


@pytest.mark.parametrize(
    ("name", "given", "written"),
    [("cpu", 0.5, "500m"), ("cpu", "4", "4"), ("cpu", "1500m", "1500m"), ("memory", "8Gi", "8Gi"),
     ("memory", "1536Mi", "1536Mi"), ("memory", 2**30, "1Gi"), ("disk", "100G", "97656250Ki")],
)  # fmt: skip
def test_quantities_are_written_as_kubernetes_does(name: str, given: Any, written: str) -> None:
    assert canonical(name, given) == written
    assert amount(written) == amount(given)


def test_only_the_books_count_bandwidth() -> None:
    assert resources({"bandwidth": "100M"}) == {}
    assert resources({"gpu": 2, "bandwidth": 5})["limits"] == {"nvidia.com/gpu": "2"}


def test_what_others_add_is_no_change_and_what_they_change_is() -> None:
    (wanted,) = made().objects
    live = json.loads(json.dumps(wanted))
    live["status"] = {"replicas": 3}
    live["spec"]["template"]["spec"]["dnsPolicy"] = "ClusterFirst"
    assert covers(wanted, live)
    live["spec"]["replicas"] = 4
    assert not covers(wanted, live)
    assert not covers(wanted, None)
