"""Quantities round up and never lose; what is written reads back."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from planner.manifests.quantities import MOST, quantity, share, written

UNIT = {"cpu": Fraction(1, 1000), "memory": Fraction(2**20), "disk": Fraction(2**30), "gpu": Fraction(1)}
SUFFIX = {
    **{"m": Fraction(1, 1000), "": Fraction(1), "k": Fraction(10**3), "M": Fraction(10**6), "G": Fraction(10**9)},
    **{"Ki": Fraction(2**10), "Mi": Fraction(2**20), "Gi": Fraction(2**30)},
}


@pytest.mark.parametrize(
    ("resource", "text", "amount"),
    [
        ("cpu", "500m", 500),
        ("cpu", 4, 4000),
        ("cpu", 0.1, 100),
        ("cpu", ".5", 500),
        ("cpu", "5.", 5000),
        ("cpu", "1e-9", 1),
        ("cpu", "100u", 1),
        ("cpu", 0, 0),
        ("memory", "8Gi", 8192),
        ("memory", "8G", 7630),
        ("memory", "128974848000m", 123),
        ("memory", 129e6, 124),
        ("memory", "1.5Gi", 1536),
        ("disk", "1Ti", 1024),
        ("disk", "100Gi", 100),
        ("bandwidth", 100, 100),
        ("bandwidth", "100M", 100),
        ("bandwidth", "1G", 1000),
        ("bandwidth", "1k", 1),
        ("gpu", "2", 2),
        ("licences", "1k", 1000),
    ],
)
def test_reads_kubernetes_quantities(resource: str, text: object, amount: int) -> None:
    assert quantity(resource, text) == amount


@pytest.mark.parametrize(
    ("resource", "value"),
    [
        *(
            ("cpu", value)
            for value in ("-1", -1, "", "4x", "4 ", "four", True, None, [4], float("nan"), "٤", ".", "1e999")
        ),
        *(("memory", value) for value in ("512m", "8GB", "8gi", "9e99", float("inf"))),
        ("bandwidth", "100m"),
        ("gpu", "500m"),
    ],
)
def test_refuses_what_is_no_quantity(resource: str, value: object) -> None:
    with pytest.raises(ValueError, match=f"expected a quantity of {resource}"):
        quantity(resource, value)


@given(st.sampled_from(sorted(UNIT)), st.decimals(0, 10**6, places=6), st.sampled_from(sorted(SUFFIX)))
def test_rounds_up_by_less_than_one_unit(resource: str, number: object, suffix: str) -> None:
    exact = Fraction(str(number)) * SUFFIX[suffix] / UNIT[resource]
    try:
        amount = quantity(resource, f"{number:f}{suffix}")
    except ValueError:
        assert exact > MOST or suffix == "m"
    else:
        assert exact <= amount < exact + 1


@given(st.sampled_from(["cpu", "memory", "disk", "bandwidth", "gpu"]), st.integers(0, MOST))
def test_what_is_written_reads_back(resource: str, amount: int) -> None:
    assert quantity(resource, written(resource, amount)) == amount


@pytest.mark.parametrize(
    ("resource", "amount", "text"),
    [
        ("cpu", 4000, "4"),
        ("cpu", 1500, "1500m"),
        ("cpu", 0, "0"),
        ("memory", 8192, "8Gi"),
        ("memory", 8193, "8193Mi"),
        ("memory", 0, "0Mi"),
        ("disk", 1536, "1536Gi"),
        ("disk", 2048, "2Ti"),
        ("bandwidth", 100, 100),
    ],
)
def test_writes_short(resource: str, amount: int, text: object) -> None:
    assert written(resource, amount) == text


@pytest.mark.parametrize(("value", "part"), [("30%", 0.3), (0.3, 0.3), ("0.1%", 0.001), ("100%", 1.0), (1, 1.0)])
def test_reads_shares(value: object, part: float) -> None:
    assert share(value) == part


@pytest.mark.parametrize("value", ["130%", 1.01, 0, "0%", "-5%", True, "0.3", None, "30 %", float("nan")])
def test_refuses_shares_outside_of_0_to_100_percent(value: object) -> None:
    with pytest.raises(ValueError, match="above 0 % and at most 100 %"):
        share(value)
