"""Queries of the directory."""
