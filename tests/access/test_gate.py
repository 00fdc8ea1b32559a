"""The gate: strangers see nothing, callers do what their scopes say, and no more often than their rate."""

from __future__ import annotations

from typing import Any

import pytest

from api.http.access import Access
from api.http.rates import Rates
from planner.access.caller import SCOPES, Scope
from planner.access.keyring import Keyring
from planner.access.keys import revoke, split
from planner.ledger.books import Books, By
from tests.access.conftest import As, bearer, beside, reopened, token
from tests.api.http.served import served


def asked(name: str = "web", tenant: str = "acme", **more: Any) -> dict[str, Any]:
    spec = {"runtime": "container", "resources": {"cpu": 1}, "demand": [{"instances": 2}]}
    return {"applications": [{"metadata": {"name": name, "namespace": tenant}, "spec": spec}], **more}


PROMISE = {"metadata": {"name": "later", "namespace": "acme"}, "spec": {"amounts": {"cpu": 1}}}
NEEDS: list[tuple[Scope, str, str, Any]] = [
    ("read", "GET", "/v1/reservations", None),
    ("plan", "POST", "/v1/solve", asked()),
    ("plan", "POST", "/v1/explain", asked()),
    ("book", "POST", "/v1/solve", asked(commit="auto")),
    ("book", "POST", "/v1/plans/none:commit", None),
    ("book", "POST", "/v1/reservations", PROMISE),
    ("book", "DELETE", "/v1/reservations/acme/none", None),
    ("book", "POST", "/v1/holds", asked()),
    ("book", "POST", "/v1/holds/none:cancel", None),
]


@pytest.mark.parametrize(("scope", "method", "path", "body"), NEEDS)
def test_every_route_needs_its_scope_and_no_other(
    client_of: As, scope: Scope, method: str, path: str, body: Any
) -> None:
    others = tuple(each for each in SCOPES if each != scope)
    denied = client_of("acme", scopes=others).request(method, path, json=body)
    assert (denied.status_code, denied.json()["code"]) == (403, "access.scope")
    assert f"'{scope}'" in denied.json()["detail"]
    assert client_of("acme", scopes=(scope,)).request(method, path, json=body).status_code != 403


def test_every_operation_says_its_scope(client_of: As) -> None:
    document = client_of().get("/openapi.json").json()
    assert document["components"]["securitySchemes"]["bearer"]["scheme"] == "bearer"
    for path, item in document["paths"].items():
        for operation in item.values():
            assert ("security" in operation) == (path.startswith("/v1/") or path == "/metrics"), path


@pytest.mark.parametrize("path", ["/v1/solve", "/v1/reservations", "/v1/nothing", "/metrics"])
@pytest.mark.parametrize("header", [{}, {"Authorization": "Basic eDp5"}, {"Authorization": "Bearer bayplan_a_b"}])
def test_strangers_get_401_and_learn_nothing(client_of: As, path: str, header: dict[str, str]) -> None:
    answer = beside(client_of(), header).get(path)
    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] in ("access.missing", "access.invalid")


@pytest.mark.parametrize("path", ["/healthz", "/openapi.json", "/docs"])
def test_health_and_documentation_are_for_all(client_of: As, path: str) -> None:
    assert beside(client_of(), {}).get(path).status_code == 200


def test_a_revoked_key_is_out_within_a_second(client_of: As, shared: Books, monkeypatch: pytest.MonkeyPatch) -> None:
    text = token(shared, "acme")
    client = beside(client_of(), bearer(text))
    assert client.get("/v1/reservations").status_code == 200
    revoke(shared, (split(text) or ("",))[0], By("me"))
    monkeypatch.setattr("planner.access.keyring.FRESH", 0.0)  # a second later
    answer = client.get("/v1/reservations")
    assert (answer.status_code, answer.json()["code"]) == (401, "access.over")


def test_past_its_rate_a_caller_is_told_when_to_come_back(shared: Books, url: str) -> None:
    at = [0.0]
    access = Access(Keyring(shared.database, shared.clock), rates=Rates(rate=2, burst=3, clock=lambda: at[0]))
    one, other = (bearer(token(shared, name)) for name in ("acme", "globex"))
    with served(lambda: reopened(url), access=access) as client:

        def get(headers: dict[str, str]) -> int:
            return int(client.get("/v1/reservations", headers=headers).status_code)

        assert [get(one) for _ in range(4)] == [200, 200, 200, 429]
        told = client.get("/v1/reservations", headers=one)
        assert (told.headers["retry-after"], told.json()["code"]) == ("1", "rate.exceeded")
        assert get(other) == 200, "each has a bucket of its own"
        assert client.get("/healthz").status_code == 200
        at[0] += 1
        assert [get(one) for _ in range(3)] == [200, 200, 429]


def test_an_idempotency_key_is_its_callers_own(client_of: As) -> None:
    """Another's key is no mismatch, and nobody gets another's answer."""
    header = {"Idempotency-Key": "order-1"}
    mine, theirs = client_of("acme"), client_of("globex")
    first = mine.post("/v1/solve", json=asked("order", commit="auto"), headers=header).raise_for_status().json()
    assert mine.post("/v1/solve", json=asked("order", commit="auto"), headers=header).json() == first
    booked = theirs.post("/v1/solve", json=asked("order", "globex", commit="auto"), headers=header).raise_for_status()
    assert booked.json()["tenant"] == "globex"
    mismatch = mine.post("/v1/solve", json=asked("other", commit="auto"), headers=header)
    assert (mismatch.status_code, mismatch.json()["code"]) == (422, "idempotency.mismatch")
