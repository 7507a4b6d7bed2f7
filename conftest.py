"""Plugins of the whole suite; the fixtures stand in tests/conftest.py."""

pytest_plugins = ["tests.plugins.strict"]
