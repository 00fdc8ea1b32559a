"""A body is read up to a limit and no further, whatever its Content-Length says."""

from __future__ import annotations

from fastapi import Request

from api.http.problems import Refused

LARGEST_BODY = 16 * 2**20  # some 40,000 applications


async def json_body(request: Request, largest: int = LARGEST_BODY) -> bytes:
    """The whole body. Raises Refused: 415 when it is not JSON, 413 when it is too large."""
    kind = request.headers.get("content-type", "application/json").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise Refused(415, "request.not-json", f"found a body of {kind or 'no type'}, expected application/json")
    if int(request.headers.get("content-length", "0")) > largest:
        raise _too_large(largest)
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > largest:
            raise _too_large(largest)
    return bytes(body)


def _too_large(largest: int) -> Refused:
    detail = f"found a body over the limit, expected at most {largest // 2**20} MiB"
    return Refused(413, "request.too-large", detail, {"Connection": "close"})
