"""Single cells of CSV files: text to values and back. Each raises ValueError that says what is expected."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from fractions import Fraction

from planner.inventory.devices import GPU
from planner.inventory.inventory import STATES
from planner.inventory.units import NAMES
from planner.manifests.errors import did_you_mean, one_of
from planner.manifests.quantities import MOST

MOST_DEVICES = 64
"""GPUs of a server; each has books of its own."""
_CAPABILITY = re.compile(r"[\w.:/+-]+")
_THOUSANDTHS = re.compile(r"([0-9]{1,7})(?:\.([0-9]{1,3})0*)?")


def printable(text: str) -> str:
    if text and not text.isprintable():
        raise ValueError("printable text")
    return text


def name(text: str) -> str:
    if not text or not text.isprintable():
        raise ValueError("a name")
    return text


def state(text: str) -> str:
    """Empty is online."""
    if text and text not in STATES:
        raise ValueError(one_of(STATES) + did_you_mean(text, STATES))
    return text or "online"


def parts(text: str) -> tuple[str, ...]:
    """`telecom; unicom` -> its parts."""
    return tuple(part for part in map(str.strip, text.split(";")) if part)


def alternatives(text: str) -> str:
    """A list kept as text, without blanks."""
    return ";".join(parts(printable(text)))


def capabilities(text: str) -> frozenset[str]:
    offered = parts(text)
    if not all(_CAPABILITY.fullmatch(each) for each in offered):
        raise ValueError("capabilities such as lb.l7;disk.local")
    return frozenset(offered)


def whole(least: int, most: int, what: str = "") -> Callable[[str], int]:
    """Conversion of integers within bounds, both included."""

    def convert(text: str) -> int:
        if not (text.isascii() and text.isdecimal() and len(text) <= 18 and least <= int(text) <= most):
            unit = f" of {what}" if what else ""
            raise ValueError(f"a whole number{unit} from {least} to {most}")
        return int(text)

    return convert


def amount(resource: str) -> Callable[[str], int]:
    """Conversion of a resource in base units."""
    if resource == GPU:
        return whole(0, MOST_DEVICES, NAMES[GPU])
    return whole(0, MOST, NAMES.get(resource, ""))


def thousandths(text: str) -> int:
    """`1.25` -> 1250."""
    match = _THOUSANDTHS.fullmatch(text)
    if not match:
        raise ValueError("a number that is not negative, with at most 3 digits after the point")
    return int(match[1]) * 1000 + int((match[2] or "0").ljust(3, "0"))


def cost(text: str) -> int:
    return thousandths(text) if text else 1000


def price(text: str) -> int:
    """In thousandths; empty is nothing to pay."""
    return thousandths(text) if text else 0


def overcommit(text: str) -> Fraction | None:
    """Empty is None: as the site, or 1."""
    if not text:
        return None
    try:
        factor = Fraction(thousandths(text), 1000)
    except ValueError:
        factor = Fraction(0)
    if not 1 <= factor <= 100:
        raise ValueError("a factor from 1 to 100, with at most 3 digits after the point")
    return factor


def degrees(most: int) -> Callable[[str], float]:
    """Conversion of a latitude (90) or longitude (180); empty is NaN: not known."""

    def convert(text: str) -> float:
        if not text:
            return math.nan
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not -most <= value <= most:
            raise ValueError(f"degrees from {-most} to {most}")
        return value

    return convert


def angle(degrees: float) -> str:
    return "" if math.isnan(degrees) else repr(degrees).removesuffix(".0")


def decimal(value: int | Fraction) -> str:
    """A number of thousandths as text: 1250 -> `1.25`. Raises ValueError for what three digits cannot say."""
    if value != int(value) or value < 0:
        raise ValueError(f"{value}/1000 needs more than 3 digits after the point")
    return f"{int(value) // 1000}.{int(value) % 1000:03}".rstrip("0").rstrip(".")


def joined(values: frozenset[str] | Sequence[str]) -> str:
    return ";".join(sorted(values))
