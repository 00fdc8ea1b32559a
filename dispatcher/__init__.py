"""The dispatcher: what the books say becomes workloads in clusters, exactly there. It knows Bayplan over HTTP only."""
