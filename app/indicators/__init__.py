"""Read model of turnaround and other indicators."""
