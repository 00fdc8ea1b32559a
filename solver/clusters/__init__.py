"""Hosted clusters: sites to clusters of limited size, near to each other, with as few changes as possible."""

from solver.clusters.assign import Assignment, assign
from solver.clusters.bound import Relaxed, relaxed
from solver.clusters.plan import Clustering, clustered
from solver.clusters.problem import Hosting

__all__ = ["Assignment", "Clustering", "Hosting", "Relaxed", "assign", "clustered", "relaxed"]
