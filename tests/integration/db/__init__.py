"""Tests of app.db on a real PostgreSQL."""
