"""Unit tests of app.dispatch.domain."""
