"""Calibrations worked out in a process of their own."""
