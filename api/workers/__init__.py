"""Worker processes: they plan and book, so that the server's process only listens, queues and answers."""
