"""The cases, by name."""

from benchmarks.cases import (
    books,
    clusters,
    edge,
    explain,
    huawei,
    memory,
    openb,
    service,
    single,
    standby,
    vectorpack,
    what_if,
)
from benchmarks.cases.base import Case

CASES: dict[str, Case] = {
    case.name: case
    for case in (
        huawei.CASE,
        edge.CASE,
        vectorpack.CASE,
        openb.CASE,
        single.CASE,
        explain.CASE,
        standby.CASE,
        memory.CASE,
        books.CASE,
        service.CASE,
        clusters.CASE,
        what_if.CASE,
    )
}

__all__ = ["CASES", "Case"]
