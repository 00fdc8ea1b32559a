"""Bearer tokens of an OIDC issuer: signed by one of its keys, for this service, of now, and for some tenants."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import jwt
from jwt import PyJWK
from jwt.exceptions import ExpiredSignatureError, PyJWTError

from planner.access.caller import Caller, Tenants, known_scopes
from planner.access.denied import Denied
from planner.access.jwks import Jwks
from planner.access.oidc import Oidc


class Tokens:
    """For several threads at once."""

    def __init__(self, oidc: Oidc, jwks: Jwks | None = None) -> None:
        self._oidc = oidc
        self._jwks = jwks or Jwks(oidc.jwks or "", oidc.refresh)

    def stale(self, token: str) -> bool:
        """Whether the issuer may have to be asked before this token can be judged."""
        return self._jwks.known(_kid(token)) is None

    def caller(self, token: str) -> Caller:
        """Raises Denied: not by this issuer, not for this service, or its time is over; Unavailable without keys."""
        kid = _kid(token)
        key = self._jwks.known(kid) or self._jwks.key(kid)
        if key is None:
            raise Denied("access.invalid", "the token is signed by no key of the issuer")
        claims = self._claims(token, key)
        scopes = known_scopes(_words(claims.get(self._oidc.scopes_claim)))
        subject = str(claims["sub"])
        return Caller(f"oidc:{subject}", subject, scopes, self._tenants(claims))

    def _claims(self, token: str, key: PyJWK) -> Mapping[str, Any]:
        try:
            claims: dict[str, Any] = jwt.decode(
                token,
                key,
                algorithms=list(self._oidc.algorithms),
                audience=self._oidc.audience,
                issuer=self._oidc.issuer,
                leeway=self._oidc.leeway,
                options={"require": ["exp", "iss", "aud", "sub"]},
            )
        except ExpiredSignatureError as error:
            raise Denied("access.over", "the token has expired: ask its issuer for a new one") from error
        except (PyJWTError, ValueError, TypeError) as error:
            raise Denied("access.invalid", f"no token for this service: {error}") from error
        return claims

    def _tenants(self, claims: Mapping[str, Any]) -> Tenants:
        """Without the claim: none."""
        names = frozenset(_words(claims.get(self._oidc.tenants_claim)))
        return None if "*" in names else names


def _kid(token: str) -> str | None:
    """Of the key that the token says it is signed by. Raises Denied for what is no token."""
    try:
        kid = jwt.get_unverified_header(token).get("kid")
    except (PyJWTError, ValueError) as error:
        raise Denied("access.invalid", "neither a key of this service nor a token") from error
    return kid if isinstance(kid, str) else None


def _words(claim: Any) -> list[str]:
    if isinstance(claim, str):
        return claim.split()
    return [each for each in claim if isinstance(each, str)] if isinstance(claim, list) else []
