"""Tests of the gateway's index on a real PostgreSQL."""
