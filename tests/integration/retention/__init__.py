"""Integration tests of app.retention and its jobs."""
