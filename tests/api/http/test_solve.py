"""POST /v1/solve against a real server: plans that the referee accepts, and refusals that say why."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx

from planner.inventory.snapshot import Snapshot
from planner.manifests.application import Application
from planner.plans.check import check
from planner.plans.plan import Plan
from planner.worlds.read import read
from tests.api.manifests import manifest


def post(client: httpx.Client, *applications: dict[str, Any], **options: Any) -> httpx.Response:
    return client.post("/v1/solve", json={"applications": applications, "options": {"timeLimit": 2, **options}})


def test_a_plan_places_everything_and_passes_the_referee(client: httpx.Client, edge: Path) -> None:
    asked = [
        manifest("front", instances=80, where={"region": "East China"}, spread=[{"over": "site", "maxShare": "30%"}]),
        manifest("log", master={"application": "front", "ratio": 10}),
    ]
    answer = post(client, *asked)
    assert answer.status_code == 200
    plan = Plan.model_validate(answer.json())
    assert plan.status in ("optimal", "feasible")
    assert not plan.unplaced
    assert sum(row.instances for row in plan.placements if row.application == "tests/front") == 80
    snapshot = Snapshot.of(read(edge))
    assert check(snapshot, [Application.model_validate(each) for each in asked], plan) == []


def test_broken_soft_rules_are_listed_and_moves_are_an_option(client: httpx.Client, edge: Path) -> None:
    asked = manifest("front", instances=40, spread=[{"over": "region", "maxInstances": 1, "soft": 3}])
    body = post(client, asked, moves=2).json()
    plan = Plan.model_validate(body)
    soft = next(term for term in plan.objective if term.name == "soft")
    assert soft.value == 3 * sum(row.found - row.allowed for row in plan.broken) > 0
    assert body["broken"][0].keys() == {"rule", "applications", "level", "domain", "found", "allowed", "weight"}
    assert check(Snapshot.of(read(edge)), [Application.model_validate(asked)], plan) == []
    refused = post(client, asked, moves=-1).json()
    assert refused["problems"][0]["field"] == "options.moves"


def test_every_term_has_a_valid_bound_and_a_gap(client: httpx.Client) -> None:
    plan = Plan.model_validate(post(client, manifest(instances=20)).json())
    assert plan.objective
    assert all(term.bound <= term.value and term.gap >= 0 for term in plan.objective)
    assert 0 <= plan.gap <= 1


def test_what_cannot_fit_is_an_answer_with_a_reason(client: httpx.Client) -> None:
    answer = post(client, manifest("giant", resources={"cpu": "4000", "memory": "4Gi"}))
    assert answer.status_code == 200
    plan = answer.json()
    assert plan["status"] == "infeasible"
    assert plan["placements"] == []
    (left,) = plan["unplaced"]
    assert (left["application"], left["instances"]) == ("tests/giant", 1)
    assert left["reason"]


def test_same_effort_and_seed_give_the_same_plan(client: httpx.Client) -> None:
    asked = [manifest(f"a{number}", instances=30, where={"carrier": "telecom"}) for number in range(5)]
    one, other = (post(client, *asked, effort=3, seed=7).json() for _ in range(2))
    assert one["placements"] == other["placements"]
    assert one["parameters"] == other["parameters"]


def test_a_name_that_runs_already_is_taken(client: httpx.Client, edge: Path) -> None:
    running = read(edge).allocations[0].application
    namespace, _, name = running.rpartition("/")
    taken = manifest(name)
    taken["metadata"] = {"name": name, "namespace": namespace or "default"}
    answer = post(client, taken)
    assert answer.status_code == 422
    assert [each["field"] for each in answer.json()["problems"]] == ["applications[0].metadata.name"]
