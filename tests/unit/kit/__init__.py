"""Unit tests of app.kit."""
