"""Unit tests of app.requests."""
