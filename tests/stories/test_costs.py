"""Prices per site and resource: who needs memory goes where memory is cheap, and the plan says what it costs."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.api.running import bayplan, bayplan_json

SITES = "site,cost,cost_memory,cost_gpu\ngz,1.2,0.15,30\nsg,1.3,0.1,42.5\n"
SERVERS = "server,site,cpu,memory,gpu\ngz-1,gz,64000,131072,4\nsg-1,sg,64000,131072,4\n"


@pytest.fixture
def world(tmp_path: Path) -> Path:
    (tmp_path / "sites.csv").write_text(SITES)
    (tmp_path / "servers.csv").write_text(SERVERS)
    return tmp_path


@pytest.mark.parametrize(
    ("resources", "server", "cost"),
    [
        ("{cpu: 4, memory: 4Gi}", "gz-1", 4 * 1.2 + 4 * 0.15),
        ("{cpu: 4, memory: 16Gi}", "sg-1", 4 * 1.3 + 16 * 0.1),
        ("{cpu: 4, memory: 16Gi, gpu: 1}", "gz-1", 4 * 1.2 + 16 * 0.15 + 30),
        ("{memory: 1536Mi}", "gz-1", 1.2 + 1.5 * 0.15),
    ],
)
def test_the_site_that_is_cheapest_for_what_is_asked(world: Path, resources: str, server: str, cost: float) -> None:
    asked, path = world / "asked.yaml", world / "plan.json"
    asked.write_text(
        f"metadata: {{name: web}}\nspec: {{runtime: vm, resources: {resources}, demand: [{{instances: 2}}]}}"
    )
    plan = bayplan_json("solve", world, "-f", asked, "-o", path)
    assert plan["status"] == "optimal"
    assert {row["server"] for row in plan["placements"]} == {server}
    assert plan["objective"][1]["value"] == plan["objective"][1]["bound"] == pytest.approx(2 * cost)
    bayplan("check", world, path, "-f", asked)


@pytest.mark.parametrize(
    ("header", "told"),
    [
        ("cost_ram", "cost_ram: found a price of an unknown resource, expected one of 'cost_memory', 'cost_gpu'"),
        ("cost_cpu", "cost_cpu: found a price of cpu, expected cost, the price of a vCPU"),
    ],
)
def test_a_price_of_what_is_not_there_is_told(world: Path, header: str, told: str) -> None:
    (world / "sites.csv").write_text(SITES.replace("cost_memory", header))
    assert told in bayplan("solve", world, exit_code=2).stderr


def test_a_price_that_is_no_number_is_told(world: Path) -> None:
    (world / "sites.csv").write_text(SITES.replace("42.5", "dear"))
    told = bayplan("solve", world, exit_code=2).stderr
    assert "sites.csv:3: cost_gpu: found 'dear', expected a number that is not negative" in told
