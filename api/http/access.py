"""Access over HTTP: nothing but health and documentation answers strangers; every route says the scope that it needs.

The gate stands before everything: who cannot say who they are gets 401 before a byte of the body is read. It leaves the
`Caller` in the state of the request.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Request, Security
from fastapi.security import HTTPBearer, SecurityScopes
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from api.http.problems import Refused, problem
from api.http.rates import Rates
from planner.access.caller import ANYBODY, Caller
from planner.access.caller import Scope as Permission
from planner.access.denied import Denied, Unavailable
from planner.access.keyring import Keyring
from planner.access.keys import split
from planner.access.tokens import Tokens
from planner.ledger.answer import digest
from planner.ledger.books import By
from planner.manifests.application import Application
from planner.manifests.errors import InvalidInput

OPEN = ("/healthz", "/readyz", "/openapi.json", "/docs")
"""What answers strangers: these paths, and what is below them."""
ASSETS = "/static-offline-docs"


@dataclass(frozen=True, slots=True)
class Access:
    """keys, tokens: what callers may show; None: not accepted. insecure: callers need show nothing. rates: how often
    each may ask; None: as often as they like."""

    keys: Keyring | None = None
    tokens: Tokens | None = None
    insecure: bool = False
    rates: Rates | None = None

    async def caller(self, headers: Headers) -> Caller:
        """Raises Denied, and Unavailable."""
        if self.insecure:
            return ANYBODY
        return await _judged(*self._judge(headers))

    def known(self, headers: Headers) -> Caller | None:
        """The same, if neither the database nor the issuer has to be asked; None for strangers too."""
        if self.insecure:
            return ANYBODY
        try:
            judge, token = self._judge(headers)
            return None if judge.stale(token) else judge.caller(token)
        except Denied:
            return None

    def _judge(self, headers: Headers) -> tuple[Keyring | Tokens, str]:
        """Who says whose the token is, and the token."""
        way, _, token = headers.get("authorization", "").partition(" ")
        token = token.strip()
        if way.lower() != "bearer" or not token:
            raise Denied("access.missing", "found no key or token, expected the header 'Authorization: Bearer ...'")
        if split(token) is not None and self.keys is not None:
            return self.keys, token
        if self.tokens is not None:
            return self.tokens, token
        raise Denied("access.invalid", "no such key")


async def _judged(judge: Keyring | Tokens, token: str) -> Caller:
    """In the event loop, unless the database or the issuer has to be asked first."""
    if isinstance(judge, Tokens):
        return await asyncio.to_thread(judge.caller, token) if judge.stale(token) else judge.caller(token)
    if judge.stale(token):
        try:
            await asyncio.to_thread(judge.reload)
        except InvalidInput as error:
            raise Unavailable("the database of the keys cannot be reached") from error
    return judge.caller(token)


class Gate:
    """ASGI middleware."""

    def __init__(self, app: ASGIApp, access: Access) -> None:
        self._app, self._access = app, access

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or _open(scope["path"]):
            await self._app(scope, receive, send)
            return
        try:
            caller = await self._access.caller(Headers(scope=scope))
        except Denied as error:
            headers = {"WWW-Authenticate": "Bearer"}
            await problem(401, error.code, str(error), headers=headers)(scope, receive, send)
            return
        except Unavailable as error:
            answer = problem(503, "access.unavailable", str(error), headers={"Retry-After": "1"})
            await answer(scope, receive, send)
            return
        if self._access.rates is not None and (seconds := self._access.rates.take(caller.id)):
            detail = f"more requests than this caller may send; try again in {seconds} s"
            await problem(429, "rate.exceeded", detail, headers={"Retry-After": str(seconds)})(scope, receive, send)
            return
        scope.setdefault("state", {})["caller"] = caller
        await self._app(scope, receive, send)


def _open(path: str) -> bool:
    return path == "/" or any(path == each or path.startswith(f"{each}/") for each in (*OPEN, ASSETS))


def caller_of(request: Request) -> Caller:
    caller: Caller = request.state.caller
    return caller


bearer = HTTPBearer(
    scheme_name="bearer",
    description="A key of `bayplan keys create`, or a token of the OIDC issuer. Each operation names its scope.",
    auto_error=False,
)


async def _permitted(request: Request, wanted: SecurityScopes, _: Annotated[Any, Security(bearer)]) -> None:
    missing = [scope for scope in wanted.scopes if scope not in caller_of(request).scopes]
    if missing:
        raise Refused(403, "access.scope", f"this needs the scope '{missing[0]}', which the caller has not")


def needs(*scopes: Permission) -> Any:
    """The dependency of a route that only callers with these scopes may use. Raises Refused: 403 `access.scope`."""
    return Security(_permitted, scopes=list(scopes))


async def for_all_tenants(request: Request) -> None:
    """The dependency of a route that tells of all tenants together. Raises Refused: 403 `access.tenant`."""
    if caller_of(request).tenants is not None:
        raise Refused(403, "access.tenant", "this is about all tenants, and the caller is for some of them")


def may(caller: Caller, scope: Permission) -> None:
    """As `needs`, where the body of a request decides."""
    if not caller.may(scope):
        raise Refused(403, "access.scope", f"this needs the scope '{scope}', which the caller has not")


def by_of(request: Request, content: bytes) -> By:
    """Who asks, for the books. An idempotency key is its caller's own."""
    caller, key = caller_of(request), request.headers.get("idempotency-key")
    own = key if key is None or not caller.id else f"{caller.id} {key}"
    asked = "" if key is None else digest(request.method, request.url.path, content.decode(errors="replace"))
    return By(caller.name, own, asked, caller.tenants)


def acts_for(caller: Caller, tenants: Iterable[str]) -> None:
    """Raises Refused: 403 `access.tenant` when a body names a tenant that the caller is not for."""
    for tenant in sorted(set(tenants)):
        if not caller.sees(tenant):
            raise Refused(403, "access.tenant", f"the caller is not for tenant '{tenant}'")


def tenants_in(applications: Iterable[Application]) -> set[str]:
    return {each.metadata.namespace for each in applications}
