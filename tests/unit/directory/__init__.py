"""Unit tests of app.directory."""
