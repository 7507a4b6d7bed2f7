"""Implementations of ports, and protocol edges that call the pipeline."""
