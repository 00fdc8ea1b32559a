"""An Application says what it means, and every slip in it is told with its line."""

import json
from typing import Any

import pytest

from planner.manifests.application import Application
from planner.manifests.errors import InvalidInput
from planner.worlds.read import read_applications
from tests.worlds import application

HEAD = "metadata: {name: web}\nspec:\n  runtime: vm\n  resources: {cpu: 1}\n"
"""Four good lines; what a test adds begins on line 5."""
DEMAND = HEAD + "  demand: [{instances: 3}]\n"
"""Five good lines."""


def problems(text: str) -> list[tuple[int | None, str, str, str]]:
    with pytest.raises(InvalidInput) as error:
        read_applications(text, "a.yaml")
    assert {problem.file for problem in error.value.problems} == {"a.yaml"}
    return [(each.line, each.field, each.found, each.expected) for each in error.value.problems]


def test_reads_the_example_of_the_design() -> None:
    (render,) = read_applications(
        """
apiVersion: bayplan.io/v1alpha1
kind: Application
metadata: {name: render, namespace: acme}
spec:
  runtime: container
  resources: {cpu: "4", memory: 8Gi, disk: 100Gi}
  demand:
    - where: {province: Guangdong, carrier: telecom}
      instances: 1000
  requires: [lb.l7, disk.local]
  spread:
    - {over: site, maxShare: 30%, minDomains: 3}
    - {over: server, maxInstances: 2}
  priority: 100
""",
        "a.yaml",
    )
    assert render.id == "acme/render"
    assert render.spec.resources == {"cpu": 4000, "memory": 8192, "disk": 100}
    assert render.spec.demand[0].where == {"province": ["Guangdong"], "carrier": ["telecom"]}
    assert render.spec.spread[0].max_share == 0.3


@pytest.mark.parametrize(
    ("lines", "line", "field", "found", "expected"),
    [
        ("  demand: [{instances: -1}]", 5, "spec.demand[0].instances", "-1", "at least 1"),
        ("  demand: [{instances: 0}]", 5, "spec.demand[0].instances", "0", "at least 1"),
        ("  demand: [{instances: 2.5}]", 5, "spec.demand[0].instances", "2.5", "a whole number"),
        ("  demand: [{instances: '3'}]", 5, "spec.demand[0].instances", "'3'", "a whole number"),
        ("  demand: [{instances: true}]", 5, "spec.demand[0].instances", "true", "a whole number"),
        ("  demand: [{instances: 9000000}]", 5, "spec.demand[0].instances", "9000000", "at most 1000000"),
        (
            "  demand:\n    - {instances: 1}\n    - instances: 1\n      instancesPerSite: 2",
            7,
            "spec.demand[1]",
            "instances beside instancesPerSite",
            "exactly one of instances, instancesPerSite",
        ),
        (
            "  demand: [{}]",
            5,
            "spec.demand[0]",
            "neither instances nor instancesPerSite",
            "exactly one of instances, instancesPerSite",
        ),
        ("  demand: {instances: 1}", 5, "spec.demand", "a mapping", "a list"),
        ("", 2, "spec", "neither demand nor master", "demand, or the master that this application follows"),
        (
            "  demand:\n    - instanses: 3\n      instances: 3",
            6,
            "spec.demand[0].instanses",
            "an unknown field",
            "a known field (did you mean 'instances'?)",
        ),
        (
            "  demand:\n    - where:\n        site: []\n      instances: 3",
            7,
            "spec.demand[0].where.site",
            "an empty list",
            "at least one value",
        ),
        (
            "  demand:\n    - where: {site: 7}\n      instances: 3",
            6,
            "spec.demand[0].where.site[0]",
            "7",
            "text (put it in quotes)",
        ),
    ],
)
def test_tells_what_is_wrong_with_demand(lines: str, line: int, field: str, found: str, expected: str) -> None:
    assert problems(HEAD + lines) == [(line, field, found, expected)]


WITHIN = "  demand:\n    - instances: 3\n      within:\n        latencyMs: 40\n        of: {province: Guangdong}"


def test_reads_a_bound_on_the_latency() -> None:
    (web,) = read_applications(HEAD + WITHIN.replace("Guangdong", "[Guangdong, Hunan], carrier: telecom"), "a.yaml")
    within = web.spec.demand[0].within
    assert within is not None
    assert (within.latency_ms, within.of.place, within.of.carriers) == (
        40,
        {"province": ["Guangdong", "Hunan"]},
        ["telecom"],
    )
    assert (within.of.latitude, within.of.longitude) == (None, None)


@pytest.mark.parametrize(
    ("old", "new", "line", "field", "found", "expected"),
    [
        ("40", "0", 8, "latencyMs", "0", "more than 0"),
        ("40", "-1.5", 8, "latencyMs", "-1.5", "more than 0"),
        ("40", "'40'", 8, "latencyMs", "'40'", "a number"),
        ("40", "40ms", 8, "latencyMs", "'40ms'", "a number"),
        ("40", "true", 8, "latencyMs", "true", "a number"),
        ("40", "20000", 8, "latencyMs", "20000", "at most 10000"),
        ("latencyMs", "latency", 7, "latencyMs", "nothing", "a number"),
        ("of: {province: Guangdong}", "off: {}", 7, "of", "nothing", "a mapping"),
        ("{province: Guangdong}", "Guangdong", 9, "of", "'Guangdong'", "a mapping"),
        (
            "{province: Guangdong}",
            "{}",
            9,
            "of",
            "nobody",
            "a place such as province: Guangdong, or latitude and longitude",
        ),
        ("Guangdong", "7", 9, "of.province[0]", "7", "text (put it in quotes)"),
        ("Guangdong", "[]", 9, "of.province", "an empty list", "at least one value"),
        ("province: Guangdong", "latitude: 23.1", 9, "of", "latitude alone", "latitude and longitude"),
        ("province: Guangdong", "latitude: 91, longitude: 0", 9, "of.latitude", "91", "at most 90"),
        ("province: Guangdong", "latitude: 0, longitude: -181", 9, "of.longitude", "-181", "at least -180"),
        ("province: Guangdong", "latitude: 23N, longitude: 0", 9, "of.latitude", "'23N'", "a number"),
        (
            "province: Guangdong",
            "latitude: 1, longitude: 2, city: x, carrier: y",
            9,
            "of",
            "latitude and longitude beside city",
            "a place or a point",
        ),
    ],
)
def test_tells_what_is_wrong_with_a_bound_on_the_latency(
    old: str, new: str, line: int, field: str, found: str, expected: str
) -> None:
    assert problems(HEAD + WITHIN.replace(old, new))[0] == (line, f"spec.demand[0].within.{field}", found, expected)


@pytest.mark.parametrize(
    ("lines", "line", "field", "found", "expected"),
    [
        (
            "  spread:\n    - over: site\n      maxShare: 130%",
            8,
            "spec.spread[0].maxShare",
            "'130%'",
            "a share above 0 % and at most 100 %, such as 30% or 0.3",
        ),
        (
            "  spread: [{over: sit, maxInstances: 1}]",
            6,
            "spec.spread[0].over",
            "'sit'",
            "one of 'server', 'rack', 'site', 'city', 'province', 'region', 'carrier' (did you mean 'site'?)",
        ),
        (
            "  spread: [{over: site}]",
            6,
            "spec.spread[0]",
            "a spread without a limit",
            "at least one of maxInstances, maxShare, minDomains",
        ),
        (
            "  spread: [{over: site, minDomains: 9}]",
            6,
            "spec.spread[0].minDomains",
            "9",
            "at most 3, the instances asked for",
        ),
        (
            "  together: [{at: rack, across: group}]",
            6,
            "spec.together[0].across",
            "no group",
            "spec.group, as this rule spans the group",
        ),
        ("  allOrNothing: group", 6, "spec.allOrNothing", "no group", "spec.group, as this rule spans the group"),
        (
            "  apartFrom:\n    - {at: rack, labelDiffers: tier}",
            7,
            "spec.apartFrom[0].labelDiffers",
            "no group",
            "spec.group, as this rule spans the group",
        ),
        (
            "  apartFrom: [{at: rack}]",
            6,
            "spec.apartFrom[0]",
            "neither applications nor labelDiffers",
            "exactly one of applications, labelDiffers",
        ),
        ("  partial: {minimum: 4}", 6, "spec.partial.minimum", "4", "at most 3, the instances asked for"),
        (
            "  master: {application: db, ratio: 2}",
            5,
            "spec.demand",
            "demand beside master",
            "only one of them: a child's demand follows its master",
        ),
        (
            "  requires: [lb.l7]\n  forbids: [gpu.t4, lb.l7]",
            7,
            "spec.forbids[1]",
            "'lb.l7', which is required too",
            "a capability in one list",
        ),
        ("  requires: lb.l7", 6, "spec.requires", "'lb.l7'", "a list"),
        ("  priority: 0", 6, "spec.priority", "0", "at least 1"),
        ("  numaCells: 3", 6, "spec.numaCells", "3", "one of 1, 2"),
    ],
)
def test_tells_what_is_wrong_with_rules(lines: str, line: int, field: str, found: str, expected: str) -> None:
    assert problems(DEMAND + lines) == [(line, field, found, expected)]


@pytest.mark.parametrize(
    ("text", "line", "field", "found", "expected"),
    [
        (DEMAND.replace("vm", "vmm"), 3, "spec.runtime", "'vmm'", "one of 'vm', 'container' (did you mean 'vm'?)"),
        (DEMAND.replace("cpu: 1", "cpu: -1"), 4, "spec.resources.cpu", "-1", "a quantity of cpu that is not negative"),
        (
            DEMAND.replace("cpu: 1", "memory: 8GB"),
            4,
            "spec.resources.memory",
            "'8GB'",
            "a quantity of memory such as 512Mi or 8Gi",
        ),
        (
            DEMAND.replace("cpu: 1", "cpu: 0"),
            4,
            "spec.resources",
            "no resource above zero",
            "what one instance takes, such as cpu: 4",
        ),
        (DEMAND.replace("  resources: {cpu: 1}\n", ""), 2, "spec.resources", "nothing", "a mapping"),
        (DEMAND.replace("{name: web}", "{nam: web}"), 1, "metadata.name", "nothing", "text"),
        (
            DEMAND.replace("web}", "Web_1}"),
            1,
            "metadata.name",
            "'Web_1'",
            "lowercase letters, digits, '-' and '.', the first and last a letter or digit, at most 253 characters",
        ),
        (
            DEMAND.replace("web}", "web, labels: {version: 1.10}}"),
            1,
            "metadata.labels.version",
            "1.1",
            "text (put it in quotes)",
        ),
        ("kind: Deployment\n" + DEMAND, 1, "kind", "'Deployment'", "'Application' or 'List'"),
        ("apiVersion: v1\n" + DEMAND, 1, "apiVersion", "'v1'", "'bayplan.io/v1alpha1'"),
        ("# nothing but\n- web", 2, "[0]", "'web'", "an Application with metadata and spec"),
    ],
)
def test_tells_what_is_wrong_with_the_rest(text: str, line: int, field: str, found: str, expected: str) -> None:
    assert problems(text)[0] == (line, field, found, expected)


def test_tells_every_problem_in_the_order_of_the_lines() -> None:
    text = HEAD.replace("cpu: 1", "cpu: x, memory: -1") + "  demand: [{instances: -3}]\n  priorty: 5\n---\nkind: Lst\n"
    assert [(line, field) for line, field, _, _ in problems(text)] == [
        (4, "spec.resources.cpu"),
        (4, "spec.resources.memory"),
        (5, "spec.demand[0].instances"),
        (6, "spec.priorty"),
        (8, "kind"),
    ]


FULL: dict[str, Any] = {
    "namespace": "acme",
    "labels": {"tier": "no"},
    "runtime": "vm",
    "cpu": "1500m",
    "memory": "8Gi",
    "bandwidth": "100M",
    "numa_cells": 2,
    "gpu_share": 0.461,
    "gpu_models": ["T4", "V100M16"],
    "demand": [
        {"where": {"carrier": ["telecom", "unicom"], "site": "gz"}, "instances": 7},
        {
            "where": {"region": "South China"},
            "within": {"latencyMs": 12.5, "of": {"city": ["Beijing", "Tianjin"], "carrier": "telecom"}},
            "instancesPerSite": 2,
        },
        {"within": {"latencyMs": 40, "of": {"latitude": 23.1, "longitude": -3}}, "instances": 1},
    ],
    "requires": ["lb.l7"],
    "forbids": ["gpu.t4"],
    "spread": [{"over": "site", "maxShare": "29%", "minDomains": 2, "across": "group"}],
    "together": [{"at": "carrier"}],
    "apart_from": [{"at": "rack", "labelDiffers": "tier"}, {"at": "site", "applications": ["db"]}],
    "group": "blue",
    "all_or_nothing": "group",
    "priority": 9,
}


@pytest.mark.parametrize(
    "original",
    [
        application("web", **FULL),
        application("log", master={"application": "acme/web", "ratio": 3}),
        application("job", instances=9, partial={}),
    ],
    ids=lambda each: str(each.id),
)
def test_a_dump_reads_back_the_same(original: Application) -> None:
    assert Application.model_validate(original.model_dump()) == original
    assert Application.model_validate_json(original.model_dump_json(by_alias=True)) == original
    assert Application.model_validate(original.model_dump(by_alias=True, exclude_defaults=True)) == original


def test_a_dump_speaks_quantities() -> None:
    resources = application("web", cpu="500m", memory="8192Mi", disk="100Gi", bandwidth=100).spec.model_dump()[
        "resources"
    ]
    assert resources == {"cpu": "500m", "memory": "8Gi", "disk": "100Gi", "bandwidth": 100}


@pytest.mark.parametrize(
    ("namespace", "reference", "meant"),
    [
        ("default", "db", "db"),
        ("acme", "db", "acme/db"),
        ("acme", "blue/db", "blue/db"),
        ("acme", "default/db", "db"),
    ],
)
def test_a_reference_means_the_own_namespace_unless_it_names_one(namespace: str, reference: str, meant: str) -> None:
    assert application("web", namespace=namespace).refers_to(reference) == meant


def test_the_schema_takes_what_the_model_takes() -> None:
    schema = Application.model_json_schema()
    spec = schema["$defs"]["ApplicationSpec"]["properties"]
    assert {kind["type"] for kind in spec["resources"]["additionalProperties"]["anyOf"]} == {"string", "number"}
    where = schema["$defs"]["Demand"]["properties"]["where"]
    assert {kind["type"] for kind in where["additionalProperties"]["anyOf"]} == {"string", "array"}
    written = Application.model_json_schema(mode="serialization")["$defs"]
    assert written["ApplicationSpec"]["properties"]["resources"] == spec["resources"]
    assert written["Demand"]["properties"]["where"] == where
    assert json.loads(json.dumps(schema)) == schema
