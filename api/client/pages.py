"""A listing, page by page: the service says where the next one begins, in words that are its own business."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Generic, TypeVar

import httpx
from pydantic import TypeAdapter

from api.client.calls import Call
from api.client.models import Answer

T = TypeVar("T")


class Page(Answer, Generic[T]):
    """next: the token of the page after this one, None at the end."""

    items: Sequence[T]
    next: str | None = None


@dataclass(slots=True)
class Pages(Generic[T]):
    """call: of the first page."""

    call: Call[Page[T]]
    begun: bool = field(default=False, init=False)
    token: str | None = field(default=None, init=False)

    def next(self) -> Call[Page[T]] | None:
        """None after the last page."""
        if self.begun and self.token is None:
            return None
        self.begun = True
        return replace(self.call, params={**self.call.params, "page": self.token})

    def read(self, page: Page[T]) -> Sequence[T]:
        self.token = page.next
        return page.items


def page_of(model: type[T]) -> TypeAdapter[Page[T]]:
    return TypeAdapter(Page[model])  # type: ignore[valid-type]


def paged(path: str, model: type[T], **params: object) -> Pages[T]:
    adapter = page_of(model)

    def read(response: httpx.Response) -> Page[T]:
        return adapter.validate_json(response.content)

    return Pages(Call("GET", path, read, params))
