"""The dashboard and the alert rules ask for what /metrics has: names and labels, of a server that did something."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from fastapi.testclient import TestClient
from prometheus_client.parser import text_string_to_metric_families

from tests.api.observe.conftest import asked

DEPLOY = Path(__file__).parents[3] / "deploy"
TARGET = {"instance", "job"}
"""Labels that Prometheus gives to whatever it scrapes; it also makes the metric `up`."""
Series = dict[str, set[str]]


def dashboard() -> Any:
    return json.loads((DEPLOY / "dashboard.json").read_text())


def rules() -> list[Any]:
    return [rule for group in yaml.safe_load((DEPLOY / "alerts.yaml").read_text())["groups"] for rule in group["rules"]]


def queries() -> Iterator[tuple[str, str]]:
    """(where it stands, PromQL without the dashboard's variables)."""
    for panel in dashboard()["panels"]:
        for target in panel.get("targets", ()):
            yield panel["title"], target["expr"].replace("$__rate_interval", "5m")
    for rule in rules():
        yield rule["alert"], rule["expr"]


@pytest.fixture(scope="module")
def series(client: TestClient) -> Series:
    """Each series that a live /metrics has, with its labels."""
    client.post("/v1/solve", json=asked()).raise_for_status()
    client.get("/v1/nothing")
    text = client.get("/metrics").text
    found: Series = {"up": set(TARGET)}
    for family in text_string_to_metric_families(text):
        found |= {f"{family.name}{end}": set(TARGET) for end in _ends(family.type)}
        for sample in family.samples:
            found.setdefault(sample.name, set(TARGET)).update(sample.labels)
    return found


def _ends(kind: str) -> tuple[str, ...]:
    return {"histogram": ("_bucket", "_count", "_sum"), "counter": ("_total",)}.get(kind, ("",))


def asks(query: str) -> tuple[set[str], set[str]]:
    """(series, labels) that a query names."""
    bare = re.sub(r'"[^"]*"', '""', query)
    grouped = re.findall(r"\b(?:by|without|on|ignoring) *\(([^)]*)\)", bare)
    matched = re.findall(r"\{([^}]*)\}", bare)
    labels = {name.strip() for part in grouped for name in part.split(",")}
    labels |= set(re.findall(r"(\w+) *(?:=~|!~|!=|=)", ",".join(matched)))
    rest = re.sub(r"\{[^}]*\}|\[[^\]]*\]|\b(?:by|without|on|ignoring) *\([^)]*\)", " ", bare)
    return set(re.findall(r"\b[a-z_][a-z0-9_]*\b(?! *\()", rest)) - {"and", "or", "unless"}, labels


@pytest.mark.parametrize(("where", "query"), list(queries()), ids=lambda text: text[:30])
def test_all_that_is_asked_for_is_there(series: Series, where: str, query: str) -> None:
    names, labels = asks(query)
    assert names, where
    assert names <= series.keys(), where
    assert labels <= set().union(*(series[name] for name in names)), where
    for opening, closing in ("()", "{}", "[]"):
        assert query.count(opening) == query.count(closing), where


def test_a_query_is_taken_apart_as_it_should_be() -> None:
    query = 'sum by (region, le) (rate(a_bucket{of="free", x=~"y{1}"}[5m])) / sum(b > 0) and c_total < 0.05'
    assert asks(query) == ({"a_bucket", "b", "c_total"}, {"region", "le", "of", "x"})


def test_variables_of_the_dashboard_are_known(series: Series) -> None:
    variables = {each["name"]: each for each in dashboard()["templating"]["list"]}
    for each in variables.values():
        if each["type"] == "query":
            name, label = re.fullmatch(r"label_values\((\w+), (\w+)\)", each["definition"]).groups()  # type: ignore[union-attr]
            assert label in series[name]
    used = set(re.findall(r"\$\{?([a-z_]+)\}?", json.dumps(dashboard()["panels"]))) - {"__rate_interval"}
    assert used == variables.keys()


def test_panels_have_their_place() -> None:
    panels = dashboard()["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    cells = [(panel["gridPos"]["x"], panel["gridPos"]["y"]) for panel in panels]
    assert len(set(cells)) == len(cells)
    assert all(panel["gridPos"]["x"] + panel["gridPos"]["w"] <= 24 for panel in panels)


def test_rules_say_what_they_mean() -> None:
    found = rules()
    assert len({rule["alert"] for rule in found}) == len(found)
    for rule in found:
        assert set(rule) <= {"alert", "expr", "for", "labels", "annotations"}
        assert rule["labels"]["severity"] in {"critical", "warning", "info"}
        assert rule["annotations"]["summary"]
        assert re.fullmatch(r"\d+[smh]", rule.get("for", "1m"))


def test_every_alert_is_in_the_manual() -> None:
    manual = (DEPLOY.parent / "docs" / "operations.md").read_text()
    assert [rule["alert"] for rule in rules() if f"`{rule['alert']}`" not in manual] == []
