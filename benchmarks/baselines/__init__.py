"""Schedulers as people run them: one instance after the other, in the order of the requests, and no way back."""

from benchmarks.baselines.schedule import Scheduled, schedule

__all__ = ["Scheduled", "schedule"]
