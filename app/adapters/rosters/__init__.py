"""Rosters computed in a process of their own."""
