"""OIDC: what a token has to be, as settings that begin with BAYPLAN_OIDC_."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict, SettingsError

from planner.manifests.documents import Source
from planner.manifests.errors import InputProblem, InvalidInput
from planner.manifests.validation import explained

Algorithm = Literal["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"]
"""Asymmetric ones only: with a shared secret whoever can check a token can also make one."""


class Oidc(BaseSettings):
    """jwks: URL or file of the issuer's public keys; without it no token is accepted. tenants_claim, scopes_claim: a
    list, or words in one string; in the tenants' claim `*` stands for all. leeway: seconds that clocks may differ.
    refresh: seconds after which keys are read anew."""

    model_config = SettingsConfigDict(env_prefix="BAYPLAN_OIDC_")
    jwks: str | None = None
    issuer: str | None = None
    audience: str | None = None
    tenants_claim: str = "tenants"
    scopes_claim: str = "scope"
    algorithms: list[Algorithm] = Field(["RS256", "ES256", "EdDSA"], min_length=1)
    leeway: float = Field(30.0, ge=0, le=300)
    refresh: float = Field(300.0, gt=0)

    @staticmethod
    def read() -> Oidc:
        """From the environment. Raises InvalidInput for values that cannot be used, and when keys are given but not
        whose tokens they are for."""
        try:
            found = Oidc()
        except ValidationError as error:
            problems = explained(error.errors(include_url=False), Oidc, {}, Source("environment"))
            raise InvalidInput(problems) from error
        except SettingsError as error:
            raise InvalidInput([InputProblem("environment", None, "BAYPLAN_OIDC_*", str(error), "JSON")]) from error
        found._check()
        return found

    def _check(self) -> None:
        if self.jwks is None:
            return
        given = {"BAYPLAN_OIDC_ISSUER": self.issuer, "BAYPLAN_OIDC_AUDIENCE": self.audience}
        problems = [
            InputProblem("environment", None, name, "nothing", "what tokens say, beside BAYPLAN_OIDC_JWKS")
            for name, value in given.items()
            if not value
        ]
        if problems:
            raise InvalidInput(problems)
