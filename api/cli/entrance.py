"""Who may ask a service: found from its books and settings before it starts, or the start is refused with the fix."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING

from api.cli.books.opened import now
from planner.manifests.errors import InputProblem, InvalidInput

if TYPE_CHECKING:
    from api.http.access import Access
    from planner.access.keyring import Keyring
    from planner.store.database import Database

LOCAL = "--insecure, on a loopback address only"
OIDC = "the keys of an OIDC issuer in BAYPLAN_OIDC_JWKS"


def database_of(url: str | None) -> Database:
    """The one of the settings, if not another one is given. Raises InvalidInput."""
    from planner.store.database import Database
    from planner.store.settings import Settings

    return Database(Settings(database=url) if url else Settings())


def entrance(host: str, insecure: bool, books: Database | None) -> Access:
    """books: where keys are; None over a world. Raises InvalidInput: nobody could ask, or everybody could, from
    elsewhere too."""
    from api.http.access import Access
    from api.http.limits import Limits
    from api.http.rates import Rates
    from planner.access.keyring import Keyring
    from planner.access.oidc import Oidc
    from planner.access.tokens import Tokens

    if insecure:
        if not loopback(host):
            raise _refused(f"--insecure on {host}", f"a loopback address, or no --insecure and {_keys(books)}")
        return Access(insecure=True)
    oidc, limits = Oidc.read(), Limits.read()
    keys = Keyring(books, now) if books is not None else None
    tokens = Tokens(oidc) if oidc.jwks is not None else None
    if tokens is None and not _any(keys, books):
        local = f"; or {LOCAL}" if loopback(host) else ""
        raise _refused("no key that anybody could ask with", f"{_keys(books)}{local}")
    return Access(keys, tokens, rates=Rates(limits.rate, limits.burst))


def _any(keys: Keyring | None, books: Database | None) -> bool:
    """Whether some key opens something. No connection stays: processes are going to be forked."""
    if keys is None or books is None:
        return False
    books.check()
    found = keys.any()
    books.close()
    return found


def loopback(host: str) -> bool:
    """Of this machine only."""
    try:
        return host == "localhost" or ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _keys(books: Database | None) -> str:
    if books is None:
        return OIDC
    return f"a key (`bayplan keys create NAME --scope plan --tenant TENANT`), or {OIDC}"


def _refused(found: str, expected: str) -> InvalidInput:
    return InvalidInput([InputProblem("options", None, "insecure", found, expected)])
