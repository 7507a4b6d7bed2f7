"""Tests of Astreinte."""
