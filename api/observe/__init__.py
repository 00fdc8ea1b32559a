"""What the server tells of itself: a log, metrics and traces, each request under one id."""
