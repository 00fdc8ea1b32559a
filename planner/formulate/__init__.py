"""From manifests and a snapshot to the integers of a solver problem, and back."""
