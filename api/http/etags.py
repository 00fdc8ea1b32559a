"""ETags are generations: who changes something says in which generation it was looked at (RFC 9110, 13.1.1)."""

from __future__ import annotations

from fastapi import Request

from api.http.problems import Refused


def etag(generation: int | None) -> dict[str, str]:
    """The header; none where nothing is booked."""
    return {} if generation is None else {"ETag": f'"{generation}"'}


def matched(request: Request, *, needed: bool = True) -> int | None:
    """The generation of If-Match; None: any (`*`), or it is left out where it is not needed.

    Raises Refused: 428 `generation.missing`; 412 `generation.stale` for what was never an ETag of ours."""
    given = request.headers.get("if-match")
    if given is None:
        if not needed:
            return None
        raise Refused(428, "generation.missing", "expected the header If-Match, with the ETag of what is to be changed")
    if given.strip() == "*":
        return None
    text = given.strip().removeprefix('"').removesuffix('"')
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise Refused(412, "generation.stale", "found no ETag of this service in If-Match")
    return int(text)
