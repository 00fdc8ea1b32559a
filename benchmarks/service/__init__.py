"""The service under load, asked from a process of its own."""
