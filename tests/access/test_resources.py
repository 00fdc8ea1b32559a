"""The resources of the API: listed by page and filter, looked at, and changed by who has seen them as they are."""

from __future__ import annotations

import json
from typing import Any

import pytest
from fastapi.testclient import TestClient

from tests.access.conftest import As
from tests.access.test_gate import asked


@pytest.fixture(scope="module")
def operator(client_of: As) -> TestClient:
    return client_of()


@pytest.fixture(scope="module")
def acme(client_of: As) -> TestClient:
    """It runs 6 instances, and has reserved 2 cores."""
    client = client_of("acme")
    promise = {"metadata": {"name": "later", "namespace": "acme"}, "spec": {"match": "targeted", "amounts": {"cpu": 2}}}
    client.post("/v1/reservations", json=promise).raise_for_status()
    body = asked("web", commit="auto")
    body["applications"][0]["spec"]["demand"][0]["instances"] = 6
    client.post("/v1/solve", json=body).raise_for_status()
    client.post("/v1/holds", json=asked("held")).raise_for_status()
    return client


def get(client: TestClient, path: str) -> Any:
    return client.get(path).raise_for_status().json()


def code(answer: Any) -> tuple[int, str]:
    assert answer.headers["content-type"] == "application/problem+json"
    return answer.status_code, answer.json()["code"]


def test_a_listing_goes_on_where_it_ended(acme: TestClient) -> None:
    first = get(acme, "/v1/servers?limit=3")
    assert [row["server"] for row in first["items"]] == ["gz1", "gz2", "sz1"]
    second = get(acme, f"/v1/servers?limit=3&page={first['next']}")
    assert [row["server"] for row in second["items"]] == ["sz2"]
    assert second["next"] is None
    assert [row["server"] for row in get(acme, "/v1/servers?site=sz&state=online&province=Guangdong")["items"]] == [
        "sz1",
        "sz2",
    ]
    assert get(acme, "/v1/servers?site=nowhere")["items"] == []
    assert get(acme, "/v1/sites?fields=site,state&limit=1")["items"] == [{"site": "gz", "state": "online"}]
    token = first["next"]
    for path in (
        "/v1/servers?page=garbage",
        f"/v1/servers?page={token}&state=offline",
        f"/v1/sites?page={token}",
        "/v1/servers?page=%00%ff",
    ):
        assert code(acme.get(path)) == (400, "page.invalid"), path
    assert code(acme.get("/v1/servers?provnce=Guangdong")) == (400, "query.unknown")
    assert code(acme.get("/v1/servers?fields=colour")) == (400, "field.unknown")
    assert code(acme.get("/v1/servers?limit=0")) == (422, "query.invalid")
    assert code(acme.get("/v1/servers?limit=100000")) == (422, "query.invalid")
    assert code(acme.get("/v1/servers?state=asleep")) == (422, "query.invalid")


def test_free_is_what_nobody_runs_reserves_or_holds(acme: TestClient, operator: TestClient) -> None:
    cores = sum(float(row["free"]["cpu"]) for row in get(operator, "/v1/servers")["items"] if "m" not in row["free"])
    sites = get(acme, "/v1/sites")["items"]
    assert cores == sum(float(site["free"]["cpu"]) for site in sites) == 40 - 6 - 2 - 2
    assert {(site["site"], site["servers"], site["province"]) for site in sites} == {
        ("gz", 2, "Guangdong"),
        ("sz", 2, "Guangdong"),
    }


def test_a_server_is_changed_by_who_has_seen_it(operator: TestClient, acme: TestClient) -> None:
    seen = operator.get("/v1/servers/sz2")
    assert seen.json()["capacity"]["cpu"] == "10"
    change = {"state": "draining", "labels": {"row": "7"}, "capabilities": ["gpu.t4", "disk.local"]}
    assert code(operator.patch("/v1/servers/sz2", json=change)) == (428, "generation.missing")
    assert code(operator.patch("/v1/servers/sz2", json=change, headers={"If-Match": '"0"'})) == (
        412,
        "generation.stale",
    )
    assert code(operator.patch("/v1/servers/sz2", json=change, headers={"If-Match": "x"})) == (412, "generation.stale")
    match = {"If-Match": seen.headers["etag"]}
    changed = operator.patch("/v1/servers/sz2", json=change, headers=match).raise_for_status()
    assert changed.headers["etag"] != seen.headers["etag"]
    assert changed.json()["capabilities"] == ["disk.local", "gpu.t4"]
    assert code(operator.patch("/v1/servers/sz2", json=change, headers=match)) == (412, "generation.stale")
    assert [row["server"] for row in get(acme, "/v1/servers?label.row=7&capability=gpu.t4")["items"]] == ["sz2"]
    assert get(acme, "/v1/servers/sz2")["state"] == "draining"
    for wrong in ({}, {"state": "asleep"}, {"labels": {"province": "x"}}, {"capabilities": ["a b"]}, {"colour": 1}):
        assert code(operator.patch("/v1/servers/sz2", json=wrong, headers={"If-Match": "*"}))[0] == 422, wrong
    operator.patch("/v1/servers/sz2", json={"state": "online"}, headers={"If-Match": "*"}).raise_for_status()
    assert code(operator.get("/v1/servers/none")) == (404, "server.unknown")


def test_servers_come_and_retire(operator: TestClient) -> None:
    new = {"server": "gz9", "site": "gz", "capacity": {"cpu": "8", "memory": "16Gi"}, "labels": {"row": "9"}}
    made = operator.post("/v1/servers", json=new)
    assert (made.status_code, made.headers["location"]) == (201, "/v1/servers/gz9")
    assert made.json()["free"] == {"cpu": "8", "memory": "16Gi"}
    assert code(operator.post("/v1/servers", json=new)) == (409, "server.exists")
    assert code(operator.post("/v1/servers", json={**new, "server": "x", "site": "nowhere"})) == (
        422,
        "manifest.invalid",
    )
    assert operator.delete("/v1/servers/gz9").json()["state"] == "retired"
    busy = next(row["server"] for row in get(operator, "/v1/allocations")["items"])
    assert code(operator.delete(f"/v1/servers/{busy}")) == (409, "server.in-use")


def test_a_site_is_changed_and_nothing_there_is_sold(operator: TestClient) -> None:
    match = {"If-Match": operator.get("/v1/sites/sz").headers["etag"]}
    told = operator.patch("/v1/sites/sz", json={"state": "offline"}, headers=match).raise_for_status().json()
    assert (told["state"], told["free"]["cpu"]) == ("offline", "0")
    operator.patch("/v1/sites/sz", json={"state": "online"}, headers={"If-Match": "*"}).raise_for_status()


@pytest.mark.parametrize(("kind", "rows"), [
    ("text/csv", "server,site,cpu,memory\nnew1,gz,4000,8192\n"),
    ("application/x-ndjson", '{"server": "new2", "site": "gz", "cpu": 4000, "memory": 8192}\n'),
])  # fmt: skip
def test_many_come_at_once(operator: TestClient, kind: str, rows: str) -> None:
    headers = {"content-type": kind}
    told = operator.post("/v1/inventory:import", content=rows, headers=headers).raise_for_status().json()
    assert (told["servers"], told["lines"]) == (1, 0)
    wrong = operator.post("/v1/inventory:import", content=rows.replace("4000", "-1"), headers=headers)
    assert code(wrong) == (422, "manifest.invalid")
    assert wrong.json()["problems"][0]["field"] == "cpu"
    wrong = operator.post("/v1/inventory:import", content="garbage", headers=headers)
    assert code(wrong) == (422, "manifest.invalid")
    assert code(operator.post("/v1/inventory:import", json={})) == (415, "request.not-rows")
    sites = operator.post(
        "/v1/inventory:import?of=sites", content="site,city\nfs,Foshan\n", headers={"content-type": "text/csv"}
    )
    assert sites.raise_for_status().json()["sites"] in (0, 1)


def test_applications_are_looked_at_and_end(acme: TestClient) -> None:
    (row,) = get(acme, "/v1/applications")["items"]
    assert (row["tenant"], row["name"], row["instances"], sum(row["sites"].values())) == ("acme", "web", 6, 6)
    whole = get(acme, "/v1/applications/acme/web")
    assert whole["manifest"]["spec"]["demand"] == [{"where": {}, "instances": 6}] or whole["manifest"]["spec"]
    lines = get(acme, "/v1/allocations?application=acme/web&limit=1")
    assert lines["items"][0]["end"] is None
    path = "/v1/applications/acme/web:release"
    released = acme.post(path, json={"instances": 2}, headers={"Idempotency-Key": "once"}).raise_for_status().json()
    assert (released["instances"], released["remaining"]) == (2, 4)
    assert acme.post(path, json={"instances": 2}, headers={"Idempotency-Key": "once"}).json() == released
    assert code(acme.post(path, json={"instances": 1}, headers={"Idempotency-Key": "once"}))[0] == 422
    assert code(acme.post(path, json={"instances": 99})) == (409, "allocation.unknown")
    assert acme.post(path).raise_for_status().json()["remaining"] == 0
    assert code(acme.get("/v1/applications/acme/web")) == (404, "application.unknown")


def test_a_reservation_is_changed_by_who_has_seen_it(acme: TestClient) -> None:
    path = "/v1/reservations/acme/later"
    seen = acme.get(path)
    manifest = seen.json()["manifest"]
    assert manifest["spec"]["amounts"] == {"cpu": "2"}
    assert sum(float(row["amounts"]["cpu"]) for row in seen.json()["placements"]) == 2
    manifest["spec"]["amounts"] = {"cpu": "3"}
    assert code(acme.put(path, json=manifest)) == (428, "generation.missing")
    match = {"If-Match": seen.headers["etag"]}
    changed = acme.put(path, json=manifest, headers=match).raise_for_status()
    assert changed.json()["manifest"]["spec"]["amounts"] == {"cpu": "3"}
    assert code(acme.put(path, json=manifest, headers=match)) == (412, "generation.stale")
    other = {**manifest, "metadata": {"name": "other", "namespace": "acme"}}
    assert code(acme.put(path, json=other, headers={"If-Match": "*"})) == (422, "manifest.invalid")
    manifest["spec"]["amounts"] = {"cpu": "300"}
    assert code(acme.put(path, json=manifest, headers={"If-Match": "*"})) == (422, "capacity.exceeds")
    assert [row["name"] for row in get(acme, "/v1/reservations?fields=name")["items"]] == ["later"]
    acme.delete(path).raise_for_status()
    assert get(acme, "/v1/reservations")["items"] == []
    assert [row["state"] for row in get(acme, "/v1/reservations?state=all")["items"]] == ["cancelled"]
    assert code(acme.get(path)) == (404, "reservation.unknown")


def test_holds_are_looked_at(acme: TestClient) -> None:
    (row,) = get(acme, "/v1/holds")["items"]
    whole = get(acme, f"/v1/holds/{row['id']}")
    assert sum(each["instances"] for each in whole["placements"]) == 2
    assert whole["applications"][0]["metadata"]["name"] == "held"
    assert code(acme.get("/v1/holds/none")) == (404, "hold.gone")


def test_usage_and_audit_are_of_the_callers_tenants(acme: TestClient, operator: TestClient, client_of: As) -> None:
    assert {row["tenant"] for row in get(acme, "/v1/usage")["items"]} <= {"acme"}
    assert code(acme.get("/v1/usage?from=yesterday")) == (422, "manifest.invalid")
    mine = get(acme, "/v1/audit?limit=2")
    assert len(mine["items"]) == 2
    seen = list(mine["items"])
    while mine["next"]:
        mine = get(acme, f"/v1/audit?limit=2&page={mine['next']}")
        seen += mine["items"]
    assert {row["action"] for row in seen} >= {"allocation.book", "reservation.book", "hold.book", "allocation.release"}
    assert [row["id"] for row in seen] == sorted((row["id"] for row in seen), reverse=True)
    assert not [row for row in seen if row["action"].startswith(("key.", "inventory.", "server.", "site."))]
    actions = {row["action"] for row in get(operator, "/v1/audit?limit=1000")["items"]}
    assert actions >= {"key.create", "inventory.import", "server.change", "site.change"}
    assert get(client_of("globex"), "/v1/audit")["items"] == []
    assert json.dumps(get(client_of("default"), "/v1/audit")["items"]) == "[]"
