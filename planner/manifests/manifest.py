"""Manifest: what all that people write has in common: camel case, nothing unknown, nothing that changes."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

from planner.manifests.errors import Finding, wrong


class Manifest(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="forbid", frozen=True)


def one_or_more(value: Any) -> Any:
    return value if isinstance(value, list) else [value]


def exactly_one(**fields: object) -> None:
    given = [name for name, value in fields.items() if value is not None]
    if len(given) != 1:
        found = " beside ".join(given) or f"neither {' nor '.join(fields)}"
        raise wrong(Finding(found, f"exactly one of {', '.join(fields)}"))
