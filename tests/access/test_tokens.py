"""OIDC tokens: real keys, and a real server that publishes them."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jwt
import pytest

from api.http.access import Access
from planner.access.caller import Caller
from planner.access.denied import Denied, Unavailable
from planner.access.jwks import Jwks
from planner.access.keyring import Keyring
from planner.access.oidc import Oidc
from planner.access.tokens import Tokens
from planner.ledger.books import Books
from planner.manifests.errors import InvalidInput
from tests.access.conftest import bearer, reopened, token
from tests.access.issuer import AUDIENCE, ISSUER, KEYS, Issuer, issuing
from tests.api.http.served import served


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    with issuing() as made:
        made.new_key("one")
        yield made


def tokens(issuer: Issuer, apart: float = 0.0, **settings: Any) -> Tokens:
    oidc = Oidc(jwks=issuer.url, issuer=ISSUER, audience=AUDIENCE, **settings)
    return Tokens(oidc, Jwks(issuer.url, oidc.refresh, apart))


def denied(judge: Tokens, token: str) -> str:
    with pytest.raises(Denied) as caught:
        judge.caller(token)
    return caught.value.code


@pytest.mark.parametrize("algorithm", KEYS)
def test_a_token_names_its_caller(issuer: Issuer, algorithm: str) -> None:
    issuer.new_key("two", algorithm)
    judge = tokens(issuer, algorithms=[algorithm])
    caller = judge.caller(issuer.token("two"))
    assert caller == Caller("oidc:ann", "ann", frozenset({"read", "plan"}), frozenset({"acme"}))


def test_claims_are_where_the_settings_say(issuer: Issuer) -> None:
    judge = tokens(issuer, tenants_claim="groups", scopes_claim="roles")
    caller = judge.caller(issuer.token("one", tenants=None, groups="acme globex", roles=["book", "admin", 7]))
    assert (caller.scopes, caller.tenants) == (frozenset({"book"}), frozenset({"acme", "globex"}))
    assert judge.caller(issuer.token("one", groups=["*"])).tenants is None
    assert judge.caller(issuer.token("one")).tenants == frozenset(), "without the claim: none"


def test_what_is_not_for_this_service_is_denied(issuer: Issuer) -> None:
    judge, now = tokens(issuer), int(time.time())
    assert denied(judge, issuer.token("one", exp=now - 31)) == "access.over"
    judge.caller(issuer.token("one", exp=now - 20))
    wrong: list[dict[str, Any]] = [{"aud": "other"}, {"iss": "https://else.where"}, {"nbf": now + 60}, {"sub": 7}]
    wrong += [{name: None} for name in ("exp", "aud", "iss", "sub")]
    for claims in wrong:
        assert denied(judge, issuer.token("one", **claims)) == "access.invalid", claims
    token = issuer.token("one")
    head, body, signature = token.split(".")
    forged = jwt.encode({"sub": "ann"}, "guess" * 10, "HS256").split(".")[1]
    for text in (f"{head}.{forged}.{signature}", f"{head}.{body}.", "a.b.c", "garbage", token + "x"):
        assert denied(judge, text) == "access.invalid"


def test_only_asymmetric_signatures_count(issuer: Issuer, tmp_path: Path) -> None:
    """Neither none, nor HMAC with what everybody can read: the public key."""
    judge = tokens(issuer)
    claims = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": "eve",
        "exp": int(time.time()) + 60,
        "tenants": "*",
        "scope": "book",
    }
    secret = issuer.jwks()["keys"][0]["x"]
    for forged in (
        jwt.encode(claims, secret, "HS256", headers={"kid": "one"}),
        jwt.encode(claims, "", "none", headers={"kid": "one"}),
    ):
        assert denied(judge, forged) == "access.invalid"
    shared = tmp_path / "jwks.json"
    shared.write_text(json.dumps({"keys": [{"kty": "oct", "kid": "shared", "alg": "HS256", "k": "c2VjcmV0" * 8}]}))
    judge = Tokens(Oidc(jwks=str(shared), issuer=ISSUER, audience=AUDIENCE))
    assert denied(judge, jwt.encode(claims, "secret" * 8, "HS256", headers={"kid": "shared"})) == "access.invalid"
    with pytest.raises(ValueError, match="algorithms"):
        Oidc(algorithms=["HS256"])


def test_keys_are_kept_and_a_new_one_is_found_at_once(issuer: Issuer) -> None:
    judge = tokens(issuer)
    for _ in range(5):
        judge.caller(issuer.token("one"))
    assert issuer.asked == 1
    issuer.new_key("two")
    assert judge.stale(issuer.token("two"))
    judge.caller(issuer.token("two"))
    assert issuer.asked == 2


def test_tokens_of_unknown_keys_do_not_flood_the_issuer(issuer: Issuer) -> None:
    judge = tokens(issuer, apart=60.0)
    judge.caller(issuer.token("one"))
    for number in range(20):
        assert denied(judge, issuer.token("one", header={"kid": f"key{number}"})) == "access.invalid"
    assert issuer.asked == 1


def test_a_dropped_key_is_forgotten_when_keys_are_read_anew(issuer: Issuer) -> None:
    judge = tokens(issuer, refresh=0.05)
    token = issuer.token("one")
    judge.caller(token)
    issuer.drop_key("one")
    issuer.new_key("two")
    time.sleep(0.06)
    assert denied(judge, token) == "access.invalid"


def test_an_issuer_that_is_down_harms_nobody_it_knew(issuer: Issuer) -> None:
    issuer.broken = True
    judge = tokens(issuer, refresh=0.05)
    with pytest.raises(Unavailable):
        judge.caller(issuer.token("one"))
    issuer.broken = False
    judge.caller(issuer.token("one"))
    issuer.broken = True
    time.sleep(0.06)
    judge.caller(issuer.token("one"))


def test_a_file_of_keys_and_a_token_without_a_kid(issuer: Issuer, tmp_path: Path) -> None:
    file = tmp_path / "jwks.json"
    file.write_text(json.dumps(issuer.jwks()))
    judge = Tokens(Oidc(jwks=str(file), issuer=ISSUER, audience=AUDIENCE))
    judge.caller(issuer.token("one", header={}))
    with pytest.raises(Unavailable):
        Tokens(Oidc(jwks=f"{file}.gone", issuer=ISSUER, audience=AUDIENCE)).caller(issuer.token("one"))


def test_settings_are_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Oidc.read().jwks is None
    monkeypatch.setenv("BAYPLAN_OIDC_JWKS", "keys.json")
    for name, value, field in (
        ("BAYPLAN_OIDC_ISSUER", "", "BAYPLAN_OIDC_ISSUER"),
        ("BAYPLAN_OIDC_LEEWAY", "long", "leeway"),
        ("BAYPLAN_OIDC_ALGORITHMS", "RS256", "BAYPLAN_OIDC_*"),
        ("BAYPLAN_OIDC_ALGORITHMS", '["HS256"]', "algorithms[0]"),
    ):
        with monkeypatch.context() as once:
            once.setenv(name, value)
            with pytest.raises(InvalidInput) as caught:
                Oidc.read()
        assert field in {each.field for each in caught.value.problems}, caught.value


def test_over_http(issuer: Issuer, shared: Books, url: str) -> None:
    """Keys and tokens side by side; an issuer that cannot be asked is no fault of the caller."""
    access = Access(Keyring(shared.database, shared.clock), tokens(issuer))
    with served(lambda: reopened(url), access=access) as client:

        def get(text: str) -> Any:
            return client.get("/v1/reservations", headers=bearer(text))

        issuer.broken = True
        answer = get(issuer.token("one"))
        assert (answer.status_code, answer.json()["code"]) == (503, "access.unavailable")
        assert answer.headers["retry-after"] == "1"
        issuer.broken = False
        assert get(issuer.token("one")).status_code == 200
        assert get(issuer.token("one", scope="plan")).status_code == 403
        assert get(token(shared, "acme")).status_code == 200
        assert get("nonsense").status_code == 401
