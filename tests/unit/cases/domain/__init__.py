"""Unit tests of app.cases.domain."""
