"""Questions that planners ask most, each answered by scenarios of its own."""
