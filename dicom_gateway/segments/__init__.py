"""Segments: preallocated files that small arrivals are appended to, and settled from."""
