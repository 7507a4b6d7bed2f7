"""Unit tests of app.reports."""
