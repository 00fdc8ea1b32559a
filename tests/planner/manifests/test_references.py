"""Masters, resources and attributes that manifests name must be there."""

import math
from typing import Any

import pytest

from planner.manifests.application import Application
from planner.manifests.errors import InputProblem
from planner.manifests.references import validate
from planner.worlds.applications import read_manifests
from tests.worlds import application, server, site, world


def near(**of: Any) -> Application:
    return application("near", demand=[{"instances": 1, "within": {"latencyMs": 40, "of": of}}])


def child(name: str, master: str, **more: Any) -> Application:
    return application(name, master={"application": master, "ratio": 1}, **more)


def told(*applications: Application, known: tuple[str, ...] = ()) -> list[tuple[str, str, str]]:
    inventory = world(
        site("gz", province="Guangdong", carrier="telecom;unicom", tier="gold"),
        site("lost", province="Hunan", longitude=math.nan),
        server("s1", cpu=1000, memory=1024, labels={"disk": "nvme"}),
    ).inventory
    return [(each.field, each.found, each.expected) for each in validate(applications, inventory, known)]


def test_what_fits_together_is_no_problem() -> None:
    assert not told(
        application("web", cpu=1, memory="1Gi", where={"province": "Guangdong", "site": "gz"}),
        application("web", namespace="acme", where={"tier": "silver", "disk": "nvme"}),
        near(province=["Guangdong", "Hunan"], carrier="unicom", tier="gold", site="gz"),
        child("log", "web"),
        child("deep", "log"),
        child("other", "acme/web"),
        child("back", "default/web", namespace="acme"),
        child("late", "db", apart_from=[{"at": "site", "applications": ["web", "acme/web"]}]),
        known=("db",),
    )


@pytest.mark.parametrize(
    ("wrong", "field", "found", "expected"),
    [
        (
            application("db", cpu=1, gpus=1),
            "spec.resources.gpus",
            "an unknown resource",
            "one of 'cpu', 'memory', the resources of the servers",
        ),
        (
            application("db", memry=1),
            "spec.resources.memry",
            "an unknown resource",
            "one of 'cpu', 'memory', the resources of the servers (did you mean 'memory'?)",
        ),
        (
            child("db", "wbe"),
            "spec.master.application",
            "'wbe'",
            "an application that is here (did you mean 'web'?)",
        ),
        (
            child("db", "web", namespace="acme"),
            "spec.master.application",
            "'web', which means 'acme/web'",
            "an application that is here (did you mean 'default/web'?)",
        ),
        (
            application("db", apart_from=[{"at": "site", "applications": ["web", "cache"]}]),
            "spec.apartFrom[0].applications[1]",
            "'cache'",
            "an application that is here",
        ),
        (
            application("db", apart_from=[{"at": "site", "applications": ["db"]}]),
            "spec.apartFrom[0].applications[0]",
            "the application itself",
            "another one (or spread with maxInstances)",
        ),
        (
            application("db", where={"provinc": "Guangdong"}),
            "spec.demand[0].where.provinc",
            "an unknown attribute or label",
            "one that sites have: site, region, province, city, carrier, cluster, tier, disk"
            " (did you mean 'province'?)",
        ),
        (
            near(disk="nvme"),
            "spec.demand[0].within.of.disk",
            "an unknown attribute or label",
            "one that sites have: site, region, province, city, carrier, cluster, tier",
        ),
        (
            near(province=["Guangdong", "Guangdng"]),
            "spec.demand[0].within.of.province",
            "'Guangdng'",
            "the province of a site (did you mean 'Guangdong'?)",
        ),
        (
            near(latitude=1, longitude=2, carrier="unicorn"),
            "spec.demand[0].within.of.carrier",
            "'unicorn'",
            "the carrier of a site (did you mean 'unicom'?)",
        ),
        (
            near(province="Hunan"),
            "spec.demand[0].within.of",
            "a place without a site whose coordinates are known",
            "a place that has one: the sites there stand for the users",
        ),
        (
            near(province="Hunan", site="gz"),
            "spec.demand[0].within.of",
            "a place without a site whose coordinates are known",
            "a place that has one: the sites there stand for the users",
        ),
        (
            application("web"),
            "metadata.name",
            "'web' for the second time",
            "a name other than that of an earlier application",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) and value.startswith(("spec", "meta")) else "",
)
def test_what_is_missing_is_told(wrong: Application, field: str, found: str, expected: str) -> None:
    assert told(application("web"), wrong) == [(f"applications[1].{field}", found, expected)]


def test_a_cycle_of_masters_is_named_once() -> None:
    assert told(child("tail", "b"), child("c", "a"), child("b", "c"), child("a", "b"), child("self", "self")) == [
        ("applications[1].spec.master.application", "the cycle c → a → b → c", "a chain of masters that ends"),
        ("applications[4].spec.master.application", "the cycle self → self", "a chain of masters that ends"),
    ]


def test_without_an_inventory_only_ties_between_applications_count() -> None:
    problems = validate([application("a", gpus=1, where={"x": "y"}), child("b", "c")], None, ())
    assert [problem.field for problem in problems] == ["applications[1].spec.master.application"]


def test_lines_come_from_where_an_application_was_written() -> None:
    head = "metadata: {name: web}\nspec:\n  runtime: vm\n  resources: {cpu: 1}\n"
    manifests = read_manifests(
        f"{head}  demand: [{{instances: 1}}]\n---\n{head}  master:\n    application: x\n    ratio: 1\n", "f"
    )
    assert validate(manifests.applications, None, (), manifests.sources) == [
        InputProblem("f", 7, "metadata.name", "'web' for the second time", "a name other than that of line 1"),
        InputProblem("f", 12, "spec.master.application", "'x'", "an application that is here"),
    ]
