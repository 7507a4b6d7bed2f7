"""The scheduler: the tick and its jobs."""
