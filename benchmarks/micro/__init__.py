"""Micro benchmarks: `make bench`."""
