"""Typed factories, one file per feature."""
