"""Integration tests of app.reports."""
