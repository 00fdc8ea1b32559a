"""What is wrong with the GPUs of a plan: their books are kept once more, device by device, from the plan's words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from planner.formulate.question import Question
from planner.inventory.devices import GPU, percent
from planner.manifests.application import ApplicationSpec
from planner.manifests.quantities import DEVICE
from planner.plans.finding import Finding
from planner.plans.plan import PlacementRow
from planner.plans.words import joined, many


def on_devices(question: Question, rows: Sequence[PlacementRow]) -> Iterator[Finding]:
    """Shares that are not of one device, whole ones that are too many or too few, and devices over what is free of
    them. Rows that name no application or server are for others to tell."""
    books = question.snapshot.devices
    taken = np.zeros_like(books.free, np.int64)
    users: dict[tuple[int, int], list[str]] = {}
    for row in rows:
        application, server = question.applications.get(row.application), question.snapshot.row.get(row.server)
        if application is None or server is None:
            continue
        if wrong := _wrong(application.spec, row, int(books.count[server])):
            placed = f"{row.application} on server {row.server}: {many(row.instances, 'instance')}"
            yield Finding("devices", f"{placed} {wrong}", (row.application,), row.server, len(row.devices or ()), 0)
            continue
        for device in row.devices or ():
            share = application.spec.gpu_share
            taken[server, device] += share * row.instances if share else DEVICE
            users.setdefault((server, device), []).append(row.application)
    for server, device in np.argwhere(taken > books.free).tolist():
        names = tuple(dict.fromkeys(users[server, device]))
        found, free = int(taken[server, device]), int(books.free[server, device])
        where = question.snapshot.inventory.servers.name[server]
        message = f"{joined(names)} on server {where}: {percent(found)} of device {device} taken, {percent(free)} free"
        yield Finding("devices", message, names, where, found, free)


def _wrong(spec: ApplicationSpec, row: PlacementRow, there: int) -> str:
    """Empty when the devices that are named go with what is asked for."""
    given = row.devices or []
    named = f"on {_named(given)}" if given else "on no device"
    if unknown := [device for device in given if device >= there]:
        return f"on {_named(unknown)}, but the server has {many(there, 'GPU')}"
    if len(set(given)) < len(given):
        return f"{named}, each may be named once"
    if spec.gpu_share and len(given) != 1:
        return f"{named}, but a share is of one device"
    wanted = spec.resources.get(GPU, 0) * row.instances
    if not spec.gpu_share and len(given) != wanted:
        return f"{named}, but asks for {many(wanted, 'whole device')}"
    return ""


def _named(devices: Sequence[int]) -> str:
    return f"device{'s' if len(devices) > 1 else ''} {joined([str(device) for device in devices])}"
