"""Plugins of the whole suite; the fixtures stand in tests/conftest.py."""

from hypothesis import settings

pytest_plugins = ["tests.plugins.strict", "tests.plugins.names", "tests.plugins.order"]

# A busy machine is slow now and then; a test that is too slow shows in the suite's own time.
settings.register_profile("astreinte", deadline=None)
# What `make soak` plays for longer: `pytest --hypothesis-profile=soak`.
settings.register_profile("soak", deadline=None)
settings.load_profile("astreinte")
