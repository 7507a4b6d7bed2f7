"""Unit tests of app.intake."""
