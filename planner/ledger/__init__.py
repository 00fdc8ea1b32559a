"""The books: what is running, promised or held, per server and over time; each use case is one unit of work."""
