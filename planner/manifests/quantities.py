"""Kubernetes quantities to integers in base units: millicores, MiB, GiB, Mbit/s, and plain counts."""

from __future__ import annotations

import math
import re
from fractions import Fraction
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, PlainSerializer, WithJsonSchema

from planner.manifests.errors import Finding, shown, wrong

MOST = 10**12
"""No amount is larger, in base units: sums over 100,000 servers then stay far inside 64 bits."""

_SUFFIX = {
    "n": Fraction(1, 10**9), "u": Fraction(1, 10**6), "m": Fraction(1, 10**3), "": Fraction(1),
    "k": Fraction(10**3), "M": Fraction(10**6), "G": Fraction(10**9), "T": Fraction(10**12), "P": Fraction(10**15),
    "Ki": Fraction(2**10), "Mi": Fraction(2**20), "Gi": Fraction(2**30), "Ti": Fraction(2**40), "Pi": Fraction(2**50),
}  # fmt: skip
_UNIT = {"cpu": Fraction(1, 1000), "memory": Fraction(2**20), "disk": Fraction(2**30)}
_QUANTITY = re.compile(r"([0-9]{1,24}(?:\.[0-9]{0,24})?|\.[0-9]{1,24})(?:[eE]([+-]?[0-9]{1,2}))?([A-Za-z]{0,2})")
_EXAMPLE = {"cpu": "500m or 4", "memory": "512Mi or 8Gi", "disk": "100Gi", "bandwidth": "100 or 100M (Mbit/s)"}

MOST_INSTANCES = 1_000_000
DEVICE = 1000
"""Thousandths: in what shares of a device count."""


def quantity(resource: str, value: Any) -> int:
    """`500m` of cpu -> 500 millicores, `8Gi` of memory -> 8192 MiB, `100M` of bandwidth -> 100 Mbit/s; rounded up.

    Without a suffix, cpu counts cores, memory and disk bytes, bandwidth Mbit/s, and any other resource itself.
    Raises ValueError with what was found and what is expected.
    """
    text = "" if isinstance(value, bool) or not isinstance(value, int | float | str) else str(value)
    match = _QUANTITY.fullmatch(text)
    if not match or match[3] not in _SUFFIX:
        negative = text.startswith("-")
        raise _wrong(resource, value, "that is not negative" if negative else f"such as {_EXAMPLE.get(resource, 1)}")
    amount = Fraction(match[1]) * Fraction(10) ** int(match[2] or 0) * _SUFFIX[match[3]]
    if match[3] in ("n", "u", "m") and resource != "cpu" and amount.denominator > 1:
        # `512m` of memory is half a byte: surely a slip for 512M.
        raise _wrong(resource, value, f"in whole units, such as {_EXAMPLE.get(resource, 1)}")
    unit = Fraction(10**6) if resource == "bandwidth" and match[3] else _UNIT.get(resource, Fraction(1))
    rounded_up = -(-amount // unit)
    if rounded_up > MOST:
        raise _wrong(resource, value, f"of at most {written(resource, MOST)}")
    return rounded_up


def _wrong(resource: str, value: Any, limit: str) -> ValueError:
    return wrong(Finding(shown(value), f"a quantity of {resource} {limit}"))


def written(resource: str, amount: int) -> str | int:
    """The shortest quantity that reads back as `amount` base units: `4`, `500m`, `8Gi`, `1536Gi`."""
    if resource == "cpu":
        return f"{amount}m" if amount % 1000 else str(amount // 1000)
    if resource not in ("memory", "disk"):
        return amount
    suffixes = ["Pi", "Ti", "Gi", "Mi"] if resource == "memory" else ["Pi", "Ti", "Gi"]
    while amount and amount % 1024 == 0 and len(suffixes) > 1:
        amount //= 1024
        suffixes.pop()
    return f"{amount}{suffixes[-1]}"


def share(value: Any) -> float:
    """`30%` -> 0.3; `0.3` too. Raises ValueError outside of 0 % (excluded) to 100 %."""
    part: float = -1
    if isinstance(value, str) and re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,9})?%", value):
        part = float(Fraction(value[:-1]) / 100)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        part = float(value)
    if not 0 < part <= 1:
        raise wrong(Finding(shown(value), "a share above 0 % and at most 100 %, such as 30% or 0.3"))
    return part


def keep(value: Any) -> int | float:
    """What has to remain: `80%` or 0.8 of all, or a whole number of instances."""
    if isinstance(value, int) and not isinstance(value, bool):
        if not 1 <= value <= MOST_INSTANCES:
            raise wrong(Finding(shown(value), f"a share such as 80%, or 1 to {MOST_INSTANCES} instances"))
        return value
    return share(value)


def device_share(value: Any) -> int:
    """A share of one device in thousandths: 0.46 or `46%` -> 460."""
    part = Fraction(0)
    if isinstance(value, str) and re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,9})?%", value):
        part = Fraction(value[:-1]) / 100
    elif isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
        part = Fraction(str(value))
    if part >= 1:
        raise wrong(Finding(shown(value), "a share of one device below 1 (whole devices are resources.gpu)"))
    if part <= 0 or (part * DEVICE).denominator > 1:
        raise wrong(Finding(shown(value), "a share of one device in thousandths, such as 0.46 or 46%"))
    return int(part * DEVICE)


def _named(amounts: Any) -> Any:
    """Each amount with the resource it is of: only then a unit is known."""
    return {name: (name, amount) for name, amount in amounts.items()} if isinstance(amounts, dict) else amounts


_SCHEMA = {
    "type": "object",
    "description": "Resource name -> quantity (cpu: 4, memory: 8Gi, disk: 100Gi, bandwidth: 100M, gpu: 1).",
    "additionalProperties": {"anyOf": [{"type": "string"}, {"type": "number", "minimum": 0}]},
    "examples": [{"cpu": "4", "memory": "8Gi"}],
}

Amount = Annotated[int, BeforeValidator(lambda named: quantity(*named))]
Resources = Annotated[
    dict[str, Amount],
    BeforeValidator(_named),
    PlainSerializer(lambda amounts: {name: written(name, amount) for name, amount in amounts.items()}),
    WithJsonSchema(_SCHEMA),
]
Share = Annotated[
    float,
    BeforeValidator(share),
    WithJsonSchema(
        {
            "description": "Of all instances that the rule spans: 30% or 0.3.",
            "anyOf": [
                {"type": "string", "pattern": r"^[0-9]+(\.[0-9]+)?%$"},
                {"type": "number", "exclusiveMinimum": 0, "maximum": 1},
            ],
        }
    ),
]
Keep = Annotated[
    int | float,
    BeforeValidator(keep),
    WithJsonSchema(
        {
            "description": "Share of all instances (80% or 0.8), or their number.",
            "anyOf": [
                {"type": "string", "pattern": r"^[0-9]+(\.[0-9]+)?%$"},
                {"type": "number", "exclusiveMinimum": 0, "maximum": 1},
                {"type": "integer", "minimum": 1, "maximum": MOST_INSTANCES},
            ],
        }
    ),
]
DeviceShare = Annotated[
    int,
    BeforeValidator(device_share),
    PlainSerializer(lambda thousandths: thousandths / DEVICE),
    WithJsonSchema(
        {
            "description": "Of one GPU, in thousandths: 0.46 or 46%. No share straddles two of them.",
            "anyOf": [
                {"type": "string", "pattern": r"^[0-9]+(\.[0-9]+)?%$"},
                {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1},
            ],
        }
    ),
]
Count = Annotated[int, Field(strict=True, ge=1, le=MOST_INSTANCES)]
