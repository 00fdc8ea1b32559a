"""Row: what one line of a listing says. A page of rows says after which key the next one begins."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

Item = TypeVar("Item", bound="Row")


class Row(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, frozen=True)


@dataclass(frozen=True, slots=True)
class Page(Generic[Item]):
    """after: the key of the last row; None when there are no more."""

    rows: Sequence[Item]
    after: str | None


def page(found: Sequence[tuple[str, Item]], limit: int) -> Page[Item]:
    """From (key, row) pairs, one more than fit if there are more."""
    rows = found[:limit]
    return Page([row for _, row in rows], rows[-1][0] if len(found) > limit else None)
