"""Pages: a listing in parts. The token of the next part is opaque to callers, and refused when it was not made here."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any, Optional

from fastapi import Request
from pydantic import BaseModel, create_model

from api.http.problems import Refused
from planner.listings.row import Page, Row
from planner.manifests.errors import did_you_mean, one_of

USUAL = 100
"""Rows of a page."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Which rows. filters: name -> accepted values. fields: of each row; empty: all. after: the key of the last row of
    the page before. listing: what is listed, with its filters; a token of another one is refused."""

    filters: Mapping[str, Sequence[str]]
    limit: int
    fields: tuple[str, ...]
    after: str | None
    listing: str


def asked(
    path: str, filters: Mapping[str, Sequence[str] | None], limit: int, fields: str | None, page: str | None
) -> Asked:
    """Raises Refused: 400 `page.invalid` for a token that was not made for this listing."""
    given = {name: tuple(values) for name, values in filters.items() if values}
    listing = blake2b(json.dumps([path, sorted(given.items())]).encode(), digest_size=8).hexdigest()
    wanted = tuple(name for name in (fields or "").split(",") if name)
    return Asked(given, limit, wanted, None if page is None else _after(page, listing), listing)


def told(found: Page[Any], of: Asked) -> dict[str, Any]:
    """As JSON has it. Raises Refused: 400 `field.unknown`."""
    rows = [row.model_dump(mode="json", by_alias=True) for row in found.rows]
    if of.fields and rows:
        if unknown := [name for name in of.fields if name not in rows[0]]:
            raise Refused(400, "field.unknown", f"found field '{unknown[0]}', expected some of {', '.join(rows[0])}")
        rows = [{name: row[name] for name in of.fields} for row in rows]
    return {"items": rows, "next": None if found.after is None else _token(found.after, of.listing)}


def model_of(row: type[Row]) -> type[BaseModel]:
    """The schema of a page of such rows, of which `fields` may leave something out."""
    parts: dict[str, Any] = {name: (Optional[each.annotation], None) for name, each in row.model_fields.items()}  # noqa: UP045
    part = create_model(f"Part{row.__name__}", __base__=Row, __doc__=row.__doc__, **parts)
    return create_model(f"{row.__name__}s", items=(list[part], ...), next=(str | None, ...))


async def known_parameters(request: Request) -> None:
    """A slip in the name of a filter would list everything. Raises Refused: 400 `query.unknown`."""
    known = [each.alias for each in request.scope["route"].dependant.query_params]
    for name in request.query_params:
        if name not in known and not name.startswith("label."):
            expected = f"{one_of(known)}{did_you_mean(name, known)}"
            raise Refused(400, "query.unknown", f"found parameter '{name}', expected {expected}")


def _token(after: str, listing: str) -> str:
    return urlsafe_b64encode(json.dumps([listing, after]).encode()).decode().rstrip("=")


def _after(token: str, listing: str) -> str:
    try:
        made_for, after = json.loads(urlsafe_b64decode(token + "=" * (-len(token) % 4)))
    except (ValueError, TypeError):
        made_for, after = None, None
    if made_for != listing or not isinstance(after, str):
        raise Refused(400, "page.invalid", "found a token of no such listing, expected `next` of its last page")
    return after
