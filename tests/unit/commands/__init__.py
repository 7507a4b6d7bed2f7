"""Unit tests of app.commands."""
