"""A listing, page by page: the service says where the next one begins, in words that are its own business."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Generic, TypeVar

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


def paged(path: str, row: type[T], **params: object) -> Pages[T]:
    """The listing at this path. params: filters; what is None is left out."""
    return Pages(Call("GET", path, _reader(row), params))


def raw(pages: Pages[Any]) -> Pages[dict[str, Any]]:
    """The same, and its rows as JSON has them."""
    return Pages(pages.call.reading(_reader(dict[str, Any])))


def _reader(row: type[T]) -> Callable[[httpx.Response], Page[T]]:
    adapter: TypeAdapter[Page[T]] = TypeAdapter(Page[row])  # type: ignore[valid-type]
    return lambda response: adapter.validate_json(response.content)
