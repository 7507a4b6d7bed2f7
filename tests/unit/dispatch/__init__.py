"""Unit tests of app.dispatch."""
