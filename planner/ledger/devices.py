"""Devices: single GPUs in the lines of the books."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from planner.inventory.devices import GPU
from planner.ledger.entries import Line, amounts, written
from planner.manifests.quantities import DEVICE


def on(line: Line, devices: tuple[int, ...]) -> Line:
    """The same line on other whole devices."""
    rest = {name: amount for name, amount in amounts(line.amounts).items() if not name.startswith(f"{GPU}#")}
    return line._replace(devices=devices, amounts=written(rest | {f"{GPU}#{each}": DEVICE for each in devices}))


def shares(line: Line) -> list[int]:
    """Thousandths of the GPUs that an instance has a share of; of whole ones none."""
    if GPU in amounts(line.amounts):
        return []
    return [amount for name, amount in amounts(line.amounts).items() if name.startswith(f"{GPU}#")]


def seated(placed: Sequence[Line], promised: Sequence[Line], left: Mapping[int, Line | None]) -> dict[int, Line | None]:
    """What is left of promised lines, where somebody is placed on a whole GPU of theirs: they change over to GPUs of
    the same server that the promise gives up. What is promised floats, and the GPUs of a server are alike.

    Lines that find none stay as they are: then the plan is not sound, and made anew without the promise."""
    taken: dict[int, set[int]] = defaultdict(set)
    for line in placed:
        taken[line.server] |= set(line.devices)
    spare: dict[int, set[int]] = defaultdict(set)
    for line in promised:
        if left[line.id] is None:
            spare[line.server] |= set(line.devices) - taken[line.server]
    changed: dict[int, Line | None] = {}
    for line in filter(None, (left[each.id] for each in promised)):
        if not line.devices or GPU not in amounts(line.asked):
            continue
        keeps = set(line.devices) - taken[line.server]
        missing = len(line.devices) - len(keeps)
        if 0 < missing <= len(spare[line.server]):
            new = sorted(spare[line.server])[:missing]
            spare[line.server] -= set(new)
            changed[line.id] = on(line, tuple(sorted(keeps | set(new))))
    return changed
