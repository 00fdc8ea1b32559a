"""Kubernetes quantities to integers in base units: millicores, MiB, GiB, Mbit/s, and plain counts."""

from __future__ import annotations

import re
from decimal import ROUND_CEILING, Decimal
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

_SUFFIX = {
    "n": Decimal("1e-9"), "u": Decimal("1e-6"), "m": Decimal("1e-3"), "": Decimal(1),
    "k": Decimal(10) ** 3, "M": Decimal(10) ** 6, "G": Decimal(10) ** 9, "T": Decimal(10) ** 12, "P": Decimal(10) ** 15,
    "Ki": Decimal(2) ** 10, "Mi": Decimal(2) ** 20, "Gi": Decimal(2) ** 30, "Ti": Decimal(2) ** 40, "Pi": Decimal(2) ** 50,
}  # fmt: skip
_UNIT = {"cpu": Decimal("1e-3"), "memory": Decimal(2) ** 20, "disk": Decimal(2) ** 30}
_QUANTITY = re.compile(r"^(\d+(?:\.\d+)?)(?:[eE](\d{1,2}))?([a-zA-Z]*)$")


def quantity(resource: str, value: Any) -> int:
    """`500m` of cpu -> 500 millicores, `8Gi` of memory -> 8192 MiB, `100M` of bandwidth -> 100 Mbit/s; rounded up.

    Without a suffix, cpu counts cores, memory and disk bytes, bandwidth Mbit/s, and any other resource itself.
    Raises ValueError with what was found and what is expected.
    """
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise ValueError(f"'{resource}' is {value!r}: expected a quantity such as 500m, 4 or 8Gi")
    match = _QUANTITY.match(str(value))
    if not match or match[3] not in _SUFFIX:
        raise ValueError(f"'{resource}' is {value!r}: expected a non-negative quantity such as 500m, 4 or 8Gi")
    amount = Decimal(match[1]).scaleb(int(match[2] or 0)) * _SUFFIX[match[3]]
    if resource == "bandwidth" and match[3]:
        amount /= 10**6
    return int((amount / _UNIT.get(resource, Decimal(1))).to_integral_value(ROUND_CEILING))


def resources(value: Any) -> Any:
    if not isinstance(value, dict):
        raise ValueError("expected a mapping of resource name to quantity")
    return {str(name): quantity(str(name), amount) for name, amount in value.items()}


def share(value: Any) -> Any:
    """`30%` -> 0.3; numbers pass."""
    if isinstance(value, str):
        if not re.fullmatch(r"\d+(\.\d+)?%", value):
            raise ValueError(f"{value!r}: expected a share such as 30% or 0.3")
        return float(Decimal(value[:-1]) / 100)
    return value


Resources = Annotated[
    dict[str, int],
    BeforeValidator(resources),
    Field(description="Resource name -> quantity (cpu: 4, memory: 8Gi, disk: 100Gi, bandwidth: 100M, gpu: 1)."),
]
