"""Pytest plugins of this project."""
