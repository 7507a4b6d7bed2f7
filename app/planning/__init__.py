"""Segments, calendar, volumes, apportionment, roster."""
