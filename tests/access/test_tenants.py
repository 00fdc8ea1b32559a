"""Two tenants share servers, and neither learns a name or an amount of the other, not from refusals either."""

from __future__ import annotations

import re
from typing import Any

import pytest
from fastapi.testclient import TestClient
from httpx import Response

from tests.access.conftest import As

SECRETS = re.compile(r"globex|zanzibar|zephyr|zodiac|(?<![\d.])(?:2[._,]?777|3[._,]?331|1[._,]?913)(?!\d)")
"""Names of the other tenant, and amounts that only it has: 2.777 and 3.331 cores, 1913 MiB."""


def application(name: str, tenant: str, cpu: object, instances: int, **spec: Any) -> dict[str, Any]:
    resources = {"cpu": cpu, **spec.pop("resources", {})}
    demand = [{"where": spec.pop("where", {}), "instances": instances}]
    return {
        "metadata": {"name": name, "namespace": tenant},
        "spec": {"runtime": "container", "resources": resources, "demand": demand, **spec},
    }


def body(*applications: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"applications": list(applications), **more}


@pytest.fixture(scope="module")
def theirs(client_of: As) -> dict[str, str]:
    """Globex runs zanzibar, reserves zephyr, holds zodiac, and has a plan. What there is of it."""
    globex = client_of("globex")
    runs = application("zanzibar", "globex", "2.777", 3, resources={"memory": "1913Mi"})
    globex.post("/v1/solve", json=body(runs, commit="auto")).raise_for_status()
    promise = {"metadata": {"name": "zephyr", "namespace": "globex"}, "spec": {"amounts": {"cpu": "3.331"}}}
    globex.post("/v1/reservations", json=promise).raise_for_status()
    asked = application("zodiac", "globex", "2.777", 1)
    held = globex.post("/v1/holds", json=body(asked)).raise_for_status().json()
    plan = globex.post("/v1/solve", json=body(application("next", "globex", 1, 1))).raise_for_status().json()
    return {"hold": held["id"], "plan": plan["plan"], "reservation": "globex/zephyr"}


@pytest.fixture(scope="module")
def acme(client_of: As, theirs: dict[str, str]) -> Watched:
    return Watched(client_of("acme"))


class Watched:
    """Nothing that this client is told may have one of the secrets in it, but what it said itself."""

    def __init__(self, client: TestClient) -> None:
        self._client = client

    def __call__(self, method: str, path: str, body: Any = None) -> Response:
        answer: Response = self._client.request(method, path, json=body)
        assert answer.status_code < 500, answer.text
        drawn = answer.headers["x-request-id"]  # at random: any digits may be in it
        text = f"{answer.headers} {answer.text}".replace(path, "").replace(drawn, "")
        assert not (found := SECRETS.search(text)), f"{method} {path} tells {found.group()}: {answer.text}"
        return answer


def test_what_fits_and_what_does_not_is_told_without_others(acme: Watched) -> None:
    for cpu, instances in ((1, 5), (1, 400), (3, 9), (9, 3), (40, 1)):
        asked = body(application("web", "acme", cpu, instances, where={"province": "Guangdong"}))
        acme("POST", "/v1/solve", asked)
        acme("POST", "/v1/solve", asked | {"options": {"moves": 5}})
        told = acme("POST", "/v1/explain", asked | {"options": {"proof": 1, "counterOffers": 1}})
        assert told.status_code == 200
    for commit in (body(application("web", "acme", 9, 9), commit="auto"), body(application("big", "acme", 40, 1))):
        assert acme("POST", "/v1/solve", commit).status_code in (200, 409, 422)
    assert acme("POST", "/v1/holds", body(application("held", "acme", 9, 4))).status_code == 409
    amounts = {"metadata": {"name": "all", "namespace": "acme"}, "spec": {"amounts": {"cpu": 40}}}
    assert acme("POST", "/v1/reservations", amounts).status_code == 409


def test_only_its_own_may_have_to_give_way(client_of: As, acme: Watched) -> None:
    """Counter-offers release what the caller runs itself."""
    own = application("mine", "acme", 1, 12)
    acme("POST", "/v1/solve", body(own, commit="auto")).raise_for_status()

    def asked(instances: int) -> dict[str, Any]:
        urgent = application("urgent", "acme", 1, instances, priority=100)
        return body(urgent, options={"proof": 1, "counterOffers": 3})

    told = acme("POST", "/v1/explain", asked(20)).raise_for_status().json()
    offers = [offer["kind"] for offer in told["refused"][0]["counterOffers"]]
    assert "release" in offers, offers
    acme("POST", "/v1/explain", asked(30))
    everybody = client_of().post("/v1/explain", json=asked(30)).raise_for_status()
    assert "globex/zanzibar" in everybody.text, "who may see all tenants is told of all"


@pytest.mark.parametrize("rule", [
    {"apartFrom": [{"applications": ["globex/zanzibar"], "at": "server"}]},
    {"master": {"application": "globex/zanzibar", "ratio": 1}, "demand": []},
])  # fmt: skip
def test_anothers_application_is_as_unknown_as_one_that_never_was(acme: Watched, rule: dict[str, Any]) -> None:
    def answer(name: str) -> str:
        text = str(rule).replace("globex/zanzibar", f"globex/{name}")
        asked = application("web", "acme", 1, 2)
        asked["spec"] |= eval(text)  # a literal of this test
        told = acme._client.post("/v1/solve", json=body(asked))
        content = {key: value for key, value in told.json().items() if key != "request"}
        return f"{told.status_code} {content}".replace(name, "NAME")

    assert answer("zanzibar") == answer("nothing")
    assert answer("zanzibar").startswith("422")


def test_nobody_asks_for_another_tenant(acme: Watched) -> None:
    for path in ("/v1/solve", "/v1/explain", "/v1/holds"):
        told = acme._client.post(path, json=body(application("x", "globex", 1, 1)))
        assert (told.status_code, told.json()["code"]) == (403, "access.tenant"), path
    promise = {"metadata": {"name": "zephyr", "namespace": "globex"}, "spec": {"amounts": {"cpu": 1}}}
    assert acme._client.post("/v1/reservations", json=promise).status_code == 403


def test_what_others_have_is_not_there(acme: Watched, theirs: dict[str, str]) -> None:
    """As unknown as what never was."""
    for method, path, code in (
        ("POST", "/v1/plans/{plan}:commit", "plan.unknown"),
        ("POST", "/v1/holds/{hold}:confirm", "hold.gone"),
        ("POST", "/v1/holds/{hold}:cancel", "hold.gone"),
        ("POST", "/v1/holds/{hold}:extend", "hold.gone"),
        ("DELETE", "/v1/reservations/{reservation}", "reservation.unknown"),
    ):
        told = acme._client.request(method, path.format(**theirs))
        other = acme._client.request(method, path.format(hold="no", plan="no", reservation="globex/no"))
        assert (told.status_code, told.json()["code"]) == (other.status_code, other.json()["code"]) == (404, code)
    for listing in ("reservations", "holds", "applications", "allocations", "usage", "audit"):
        assert "globex" not in acme("GET", f"/v1/{listing}").text
    for path in ("/v1/applications/globex/zanzibar", "/v1/reservations/globex/zephyr", f"/v1/holds/{theirs['hold']}"):
        assert acme._client.get(path).status_code == 404, path
