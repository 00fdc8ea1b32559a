"""The metrics of one server: counted in its own process, from what workers return; `/metrics` writes them down.

Seconds and ratios are plain numbers; amounts of capacity are in base units.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.gc_collector import GCCollector
from prometheus_client.platform_collector import PlatformCollector
from prometheus_client.process_collector import ProcessCollector

from api.observe.made import Made

if TYPE_CHECKING:
    from planner.ledger.capacity import Capacity

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0)
GAPS = (0.0, 0.001, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0)
OF = ("total", "free", "reserved", "held")
"""What is told of capacity."""


class Metrics:
    """Each server has its own; nothing is shared with other objects or processes."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        PlatformCollector(registry=self.registry)
        GCCollector(registry=self.registry)
        self._requests = Histogram(
            "bayplan_request_seconds", "From the first byte of a request to the last of its answer.",
            ("method", "route", "status"), buckets=SECONDS, registry=self.registry,
        )  # fmt: skip
        self._open = Gauge("bayplan_requests_open", "Requests without the last byte of their answer.",
                           registry=self.registry)  # fmt: skip
        self._refusals = Counter("bayplan_refusals", "Requests answered with a problem, by its code.",
                                 ("code",), registry=self.registry)  # fmt: skip
        self._stages = Histogram("bayplan_stage_seconds", "Of a plan, by the stage that it went through.",
                                 ("stage",), buckets=SECONDS, registry=self.registry)  # fmt: skip
        self._gap = Histogram("bayplan_plan_gap", "How far plans may be from the best one.",
                              buckets=GAPS, registry=self.registry)  # fmt: skip
        self._plans = Counter("bayplan_plans", "Plans that were made.", ("status",), registry=self.registry)
        self._instances = Counter("bayplan_instances", "Instances that plans placed, or left out.",
                                  ("outcome",), registry=self.registry)  # fmt: skip
        self._queue = Gauge("bayplan_queue_length", "Requests that wait for a worker.", ("lane",),
                            registry=self.registry)  # fmt: skip
        self._waits = Histogram("bayplan_queue_seconds", "That a request waited for a worker.", ("lane",),
                                buckets=SECONDS, registry=self.registry)  # fmt: skip
        self._workers = Gauge("bayplan_workers", "Worker processes that are there.", registry=self.registry)
        self._busy = Gauge("bayplan_workers_busy", "Worker processes that work.", registry=self.registry)
        self._restarts = Counter("bayplan_worker_restarts", "Worker processes that ended and were replaced.",
                                 registry=self.registry)  # fmt: skip
        self._generation = Gauge("bayplan_generation", "Of the books, as this server sees them.",
                                 registry=self.registry)  # fmt: skip
        self._degraded = Gauge("bayplan_reservations_degraded", "Reservations that need room which is not online.",
                               registry=self.registry)  # fmt: skip
        self._healed = Counter("bayplan_reservations_healed", "Degraded reservations that this server put elsewhere.",
                               registry=self.registry)  # fmt: skip
        self._ready = Gauge("bayplan_ready", "1 while /readyz says yes.", registry=self.registry)
        self._capacity = Gauge(
            "bayplan_capacity", "On servers that are online, in base units; reserved and held at this moment, free "
            "from now on for good.", ("of", "region", "carrier", "resource"), registry=self.registry,
        )  # fmt: skip

    def begun(self) -> None:
        self._open.inc()

    def answered(self, method: str, route: str, status: int, seconds: float, code: str) -> None:
        """code: of the problem that it was answered with, else empty."""
        self._open.dec()
        self._requests.labels(method, route, str(status)).observe(seconds)
        if code:
            self._refusals.labels(code).inc()

    def planned(self, made: Made) -> None:
        self._plans.labels(made.status).inc()
        self._gap.observe(made.gap)
        self._instances.labels("placed").inc(made.placed)
        self._instances.labels("unplaced").inc(made.unplaced)
        for stage, spent in made.seconds.items():
            self._stages.labels(stage).observe(spent)

    def waited(self, lane: str, seconds: float) -> None:
        self._waits.labels(lane).observe(seconds)

    def restarted(self) -> None:
        self._restarts.inc()

    def workers(
        self, count: Callable[[], int], busy: Callable[[], int], waiting: Mapping[Any, Callable[[], int]]
    ) -> None:
        """Asked for whenever the metrics are. waiting: of each lane."""
        self._workers.set_function(count)
        self._busy.set_function(busy)
        for lane, length in waiting.items():
            self._queue.labels(lane).set_function(length)

    def healed(self) -> None:
        self._healed.inc()

    def seen(self, generation: str, ready: bool, degraded: int = 0) -> None:
        """generation: of books; that of a world is no number, and not told. degraded: reservations."""
        self._ready.set(ready)
        self._degraded.set(degraded)
        if generation.isdecimal():
            self._generation.set(int(generation))

    def has(self, rows: Sequence[Capacity]) -> None:
        """What there is now; regions that are gone are gone here too."""
        self._capacity.clear()
        for row in rows:
            for of in OF:
                self._capacity.labels(of, row.region, row.carrier, row.resource).set(getattr(row, of))

    def written(self) -> bytes:
        """In the text format of Prometheus."""
        return generate_latest(self.registry)

    def names(self) -> Iterable[str]:
        """Of all that is measured, as queries have them, such as `bayplan_request_seconds_bucket`."""
        for family in self.registry.collect():
            yield family.name
            yield from {sample.name for sample in family.samples}
