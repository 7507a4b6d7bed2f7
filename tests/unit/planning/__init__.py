"""Unit tests of app.planning."""
