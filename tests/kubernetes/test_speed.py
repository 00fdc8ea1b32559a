"""How fast pods are bound: as many as wait, by one dispatcher through one API server."""

from __future__ import annotations

import os
from collections import Counter
from datetime import datetime
from typing import Any

from tests.kubernetes.processes import eventually
from tests.kubernetes.stage import Stage


def test_five_hundred_pods_are_bound_in_seconds(stage: Stage) -> None:
    """They wait for a dispatcher, which is started when all of them are there."""
    site = stage.site()
    stage.nodes(site, 10, cpu=60)
    (dispatcher,) = stage.dispatchers
    with stage.nobody_binds():
        stage.application("render", demand=[{"where": {"site": site}, "instances": 500}])
        eventually(lambda: len(stage.pods("render")) == 500, "all pods are there")
        dispatcher.kill()
    stage.kubelets.idle.set()  # they would take processor time for what nobody measures here
    dispatcher.start()
    eventually(lambda: stage.bound("render").total() == 500, "all of them are bound")
    times = sorted(bound_at(each) for each in stage.pods("render"))
    seconds = (times[-1] - times[0]).total_seconds() + 1
    print(f"500 pods bound in {seconds:.0f} s")  # noqa: T201 - the figure
    assert seconds < 15 * max(1.0, os.getloadavg()[0] / 4), "on a machine that others use it may take longer"
    assert stage.bound("render") == Counter(stage.booked("render"))


def bound_at(pod: dict[str, Any]) -> datetime:
    """As the API server says, to the second."""
    (said,) = [each for each in pod["status"]["conditions"] if each["type"] == "PodScheduled"]
    return datetime.fromisoformat(said["lastTransitionTime"])
