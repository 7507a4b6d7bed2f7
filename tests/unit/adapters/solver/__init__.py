"""Rosters by constraint programming."""
