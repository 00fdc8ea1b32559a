"""Watch: whoever serves tells it what happens; it counts, and traces if somebody listens."""

from __future__ import annotations

from dataclasses import dataclass, field

from api.observe.made import Made
from api.observe.metrics import Metrics
from api.observe.record import Record
from api.observe.traces import Traces


@dataclass(frozen=True, slots=True)
class Watch:
    metrics: Metrics = field(default_factory=Metrics)
    traces: Traces | None = None

    def close(self) -> None:
        if self.traces is not None:
            self.traces.close()

    def planned(self, record: Record | None, made: Made) -> None:
        """record: of the request that it was made for."""
        self.metrics.planned(made)
        if self.traces is not None:
            self.traces.staged(record, made.seconds)
