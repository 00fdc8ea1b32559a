"""Quantities: what one instance takes, as requests and limits of a container, in Kubernetes' own spelling."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

STANDARD = {"cpu": "cpu", "memory": "memory", "disk": "ephemeral-storage"}
"""Resources that kubelets count. GPUs are an extended resource; bandwidth and others only the books count."""
GPU = "nvidia.com/gpu"
_SUFFIX = {
    "m": Fraction(1, 1000), "": Fraction(1), "k": Fraction(10**3), "M": Fraction(10**6), "G": Fraction(10**9),
    "T": Fraction(10**12), "P": Fraction(10**15), "Ki": Fraction(2**10), "Mi": Fraction(2**20), "Gi": Fraction(2**30),
    "Ti": Fraction(2**40), "Pi": Fraction(2**50),
}  # fmt: skip


def amount(value: Any) -> Fraction:
    """`500m` -> 1/2, `8Gi` -> 2**33, 4 -> 4. Raises ValueError."""
    text = str(value)
    number = text.rstrip("kKmMGTPi")
    suffix = text[len(number) :]
    if suffix not in _SUFFIX:
        raise ValueError(f"found {value!r}, expected a quantity such as 500m or 8Gi")
    return Fraction(number) * _SUFFIX[suffix]


def resources(asked: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    """Requests and limits alike: what is booked is what an instance has."""
    given = {STANDARD[name]: canonical(name, value) for name, value in asked.items() if name in STANDARD}
    if asked.get("gpu"):
        given[GPU] = str(int(amount(asked["gpu"])))
    return {"requests": given, "limits": dict(given)} if given else {}


def canonical(name: str, value: Any) -> str:
    """As the API server writes it back: `4`, `500m`, `8Gi`."""
    exact = amount(value)
    if name == "cpu":
        thousandths = -(-exact * 1000 // 1)
        return f"{thousandths}m" if thousandths % 1000 else str(thousandths // 1000)
    for suffix in ("Ti", "Gi", "Mi", "Ki"):
        if exact and (exact / _SUFFIX[suffix]).denominator == 1:
            return f"{exact / _SUFFIX[suffix]}{suffix}"
    return str(-(-exact // 1))
