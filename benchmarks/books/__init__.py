"""The books under load: races for the last room, processes that are killed, and how long things take."""
