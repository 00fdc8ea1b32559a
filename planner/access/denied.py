"""Denied: nobody knows who asks."""

from __future__ import annotations


class Denied(Exception):  # noqa: N818 - the answer is no; nothing failed
    """code: `access.missing`, `access.invalid` or `access.over`."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code, self.detail = code, detail


class Unavailable(Exception):  # noqa: N818 - it may be known later
    """Who asks cannot be found out now."""
