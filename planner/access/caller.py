"""Caller: who asks, by which scopes, and for which tenants."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, get_args

Scope = Literal["read", "plan", "book", "operate"]
SCOPES: tuple[Scope, ...] = get_args(Scope)
Tenants = frozenset[str] | None
"""None: all of them."""


@dataclass(frozen=True, slots=True)
class Caller:
    """id: stands for the same caller always; idempotency keys and rates are counted by it. name: what the audit log
    says. No scope contains another."""

    id: str
    name: str
    scopes: frozenset[str]
    tenants: Tenants

    def may(self, scope: Scope) -> bool:
        return scope in self.scopes

    def sees(self, *tenants: str) -> bool:
        """Every one of these tenants."""
        return self.tenants is None or self.tenants.issuperset(tenants)


ANYBODY = Caller("", "http", frozenset(SCOPES), None)
"""Whoever asks a service that was started with `--insecure`."""


def tenant_of(application: str) -> str:
    """Of an application id: `acme/render` -> acme, `render` -> default."""
    return application.rpartition("/")[0] or "default"


def known_scopes(names: Iterable[str]) -> frozenset[str]:
    """Those of the names that are scopes."""
    return frozenset(names) & frozenset(SCOPES)
