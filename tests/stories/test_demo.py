"""The demo: a real server, five requests, one refusal, and nothing left behind, in under 30 seconds."""

from __future__ import annotations

import time

import httpx
import pytest

from tests.api.running import bayplan_json


@pytest.mark.slow
def test_the_demo_in_numbers() -> None:
    begin = time.perf_counter()
    told = bayplan_json("demo")
    assert time.perf_counter() - begin < 30
    render, accelerate, functions, probes, too_much = told["scenes"]

    assert render["placed"] == 1000
    assert render["sites"] == len(render["site"]) >= 4
    assert max(site["instances"][0] for site in render["site"]) <= 300

    assert (accelerate["placed"], accelerate["unplaced"]) == (100, 0)

    for site in functions["site"]:
        function, log, monitoring = site["instances"]
        assert (log, monitoring) == (-(-function // 10), 1)
    assert sum(site["instances"][0] for site in functions["site"]) == 60

    assert probes["placed"] == 1000
    assert probes["sites"] >= 200
    assert sum(region["instances"][0] for region in probes["region"]) == 1000

    assert (too_much["placed"], too_much["status"]) == (0, "infeasible")
    assert too_much["refused"][0]["reason"]
    explained = too_much["explained"]
    assert explained["conflict"]["minimal"]
    assert len({offer["kind"] for offer in explained["counterOffers"]}) >= 3
    assert all(scene["explained"] is None for scene in told["scenes"][:4])

    assert all(scene["gap"] <= 0.05 for scene in told["scenes"][:4])
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{told['url']}/healthz", trust_env=False)
