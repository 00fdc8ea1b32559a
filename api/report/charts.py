"""Charts: refusals by scenario, promises by loss, cost against admission; each mark with its numbers in words."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from api.report.scale import Scale, bin_of
from planner.plans.words import many
from planner.whatif.result import JobResult, ScenarioResult

BARS, ROWS, COLUMNS = 40, 40, 60
WIDTH, HEIGHT = 640, 360
LEFT, BOTTOM, EDGE = 64, 40, 16


@dataclass(frozen=True, slots=True)
class Bar:
    """part: of the longest, in per cent."""

    name: str
    part: float
    told: str
    tip: str


@dataclass(frozen=True, slots=True)
class Cell:
    """bin: how much is missing, from 0 on; -1: the promise holds."""

    bin: int
    tip: str


@dataclass(frozen=True, slots=True)
class Matrix:
    """rows: (promise, how many losses break it, cells). more: promises and losses that are not shown."""

    columns: list[str]
    rows: list[tuple[str, int, list[Cell]]]
    more: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Dot:
    x: float
    y: float
    refusing: bool
    tip: str


@dataclass(frozen=True, slots=True)
class Scatter:
    """Ticks are (pixels, label)."""

    width: int
    height: int
    dots: list[Dot]
    across: list[tuple[float, str]]
    up: list[tuple[float, str]]
    left: int
    bottom: int


def bars(scenarios: Sequence[ScenarioResult]) -> list[Bar]:
    """Those that refuse most first; none that refuse nothing."""
    refusing = [each for each in scenarios if each.score and each.score.refused]
    refusing.sort(key=lambda each: (-_vcpu(each), each.name))
    most = max((_vcpu(each) for each in refusing), default=1.0) or 1.0
    return [
        Bar(each.name, round(100 * _vcpu(each) / most, 2), f"{_vcpu(each):,.0f}", refusal(each)) for each in refusing
    ]


def _vcpu(each: ScenarioResult) -> float:
    return each.score.refused_vcpu if each.score else 0.0


def refusal(each: ScenarioResult) -> str:
    """Who is refused, and what binds."""
    score = each.score
    if score is None:
        return f"{each.name}\n{each.error or ''}"
    lines = [each.name, f"{many(score.refused, 'instance')} of {score.asked:,} refused, {score.refused_vcpu:,.0f} vCPU"]
    if each.lost.instances:
        lines.append(f"lost: {many(each.lost.servers, 'server')}, {many(each.lost.instances, 'instance')}")
    lines += [f"{row.application}: {row.told} in {row.scope}" for row in each.refused[:3]]
    return "\n".join([*lines, *each.conflict[:3]])


def matrix(result: JobResult) -> Matrix:
    """Promises that break somewhere, the most often broken first, by the losses that break any, the worst first."""
    broken: dict[tuple[str, str], dict[str, tuple[int, int, bool]]] = defaultdict(dict)
    for each in result.scenarios:
        for row in each.broken:
            broken[row.application, row.promise][each.name] = (row.left, row.needed, row.proven)
    order = sorted(broken, key=lambda key: (-len(broken[key]), key))
    names = {name for rows in broken.values() for name in rows}
    worst = sorted(names, key=lambda name: (-sum(name in rows for rows in broken.values()), name))
    columns = worst[:COLUMNS]
    rows = [
        (f"{key[0]}: {key[1]}", len(broken[key]), [_cell(key, name, broken[key].get(name)) for name in columns])
        for key in order[:ROWS]
    ]
    return Matrix(columns, rows, (max(len(order) - ROWS, 0), max(len(worst) - COLUMNS, 0)))


def _cell(key: tuple[str, str], name: str, found: tuple[int, int, bool] | None) -> Cell:
    if found is None:
        return Cell(-1, f"{name}\n{key[0]}: {key[1]}\nholds")
    left, needed, proven = found
    word = "no plan keeps it" if proven else "no plan was found that keeps it"
    return Cell(bin_of(1 - left / max(needed, 1)), f"{name}\n{key[0]}: {key[1]}\n{left:,} of {needed:,} run; {word}")


def scatter(scenarios: Sequence[ScenarioResult]) -> Scatter | None:
    """Of scenarios that ask for something: the part that is placed, and what that costs for each instance."""
    rows = [(each, each.score) for each in scenarios if each.score and each.score.placed]
    if not rows:
        return None
    part = [score.placed / score.asked * 100 for _, score in rows]
    cost = [score.cost / score.placed for _, score in rows]
    low, high = min(cost), max(cost)
    pad = (high - low) * 0.05 or max(high * 0.05, 0.5)
    x = Scale(min(*part, 99.0), 100.0, LEFT, WIDTH - EDGE)
    y = Scale(max(low - pad, 0.0), high + pad, HEIGHT - BOTTOM, EDGE)
    dots = [
        Dot(x.at(share), y.at(each), score.refused > 0, _dot(scenario.name, share, each, score.cost))
        for (scenario, score), share, each in zip(rows, part, cost, strict=True)
    ]
    return Scatter(WIDTH, HEIGHT, dots, x.ticks(), y.ticks(), LEFT, HEIGHT - BOTTOM)


def _dot(name: str, share: float, each: float, cost: float) -> str:
    return f"{name}\n{share:.2f} % placed\ncost {each:,.2f} an instance, {cost:,.0f} in all"
