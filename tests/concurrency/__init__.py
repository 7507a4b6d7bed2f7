"""Races between sessions that really commit."""
