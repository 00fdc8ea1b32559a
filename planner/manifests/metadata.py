"""Metadata: how a manifest is called, and whose it is."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, Field

from planner.manifests.errors import Finding, shown, wrong
from planner.manifests.manifest import Manifest

_NAME = r"^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$"


def _name(value: str) -> str:
    if not re.fullmatch(_NAME, value):
        within = "lowercase letters, digits, '-' and '.', the first and last a letter or digit, at most 253 characters"
        raise wrong(Finding(shown(value), within))
    return value


Name = Annotated[str, AfterValidator(_name), Field(json_schema_extra={"pattern": _NAME})]


class Metadata(Manifest):
    name: Name
    namespace: Name = Field("default", description="The tenant.")
    labels: dict[str, str] = Field({})
    annotations: dict[str, str] = Field({}, description="Not read here.")
