"""Unit tests of app.supervisor."""
